"""Verdicts on the second text's claims."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geomgen.config.regress import OptimalSetConfig
from geomgen.measures.regression.optimal_set import optimal_set
from geomgen.store.run import Run, create_run
from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_functions import functions_run
from tests.report.made_up_posteriors import BOUNDED, CLOSE, WIDENING, posterior_run
from tests.report.made_up_prior_masses import mass_run
from tests.report.made_up_surfaces import surface_run

CONFIG = OptimalSetConfig(samples=6, features=(3, 8, 20), repetitions=5, threads=1)


def measured(folder: Path, deviation: float, seed: int) -> Run:
    """Return a run whose fraction at the largest number of features is off by a deviation."""
    config = replace(CONFIG, seed=seed)
    *others, last = optimal_set(config, lambda *_: None)
    run = create_run(folder, "regress optimal-set", f"s{seed}", config.to_mapping(), {})
    run.add_rows("regress_optimal_set", [*others, replace(last, optimal_fraction=last.optimal_fraction + deviation)])
    run.finish("complete")
    return run


def test_the_optimal_fraction(tmp_path: Path) -> None:
    runs = [measured(tmp_path, 0.0, seed) for seed in range(2)]
    assert verdict(runs, "T2.4") == "holds"
    assert judgement(runs, "T2.4").evidence.endswith(", 2 runs: 0.")
    assert verdict([*runs, measured(tmp_path, 0.05, 2)], "T2.4") == "does not hold"
    assert verdict([], "T2.4") == "not yet measured"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "holds"),
        ({"sensitivity": 0.3}, "does not hold"),
        ({"complexity_slope": -0.019}, "undecided"),
        ({"complexity_slope": 0.05}, "does not hold"),
    ],
)
def test_random_networks_are_simple_and_smooth(tmp_path: Path, changed: dict[str, float], said: str) -> None:
    def around(name: str, seed: int) -> Any:
        usual = {"complexity_slope": -0.06, "sensitivity": 0.15}
        return changed.get(name, usual[name]) + 0.001 * (seed - 1)

    runs = [
        functions_run(
            tmp_path,
            seed,
            draws=10**6,
            top=20_000,
            complexity_slope=around("complexity_slope", seed),
            sensitivity=around("sensitivity", seed),
        )
        for seed in range(3)
    ]
    assert verdict(runs, "T2.1") == said
    assert verdict(runs[:1], "T2.1") == "undecided"
    assert judgement(runs, "T2.1").claim.commands == ["geomgen sample --draws 1000000 --top 20000"]


@pytest.mark.parametrize(
    ("slope", "correlation", "said"),
    [
        (1.0, 0.8, "holds"), (0.0, 0.0, "does not hold"), (1.0, 0.2, "does not hold"), (2.0, 0.9, "does not hold"),
        (1.499, 0.8, "undecided"),
    ],
)  # fmt: skip
def test_training_finds_functions_as_the_posterior_does(
    tmp_path: Path, slope: float, correlation: float, said: str
) -> None:
    """A null, training blind to the prior, has a slope and a correlation of 0 and does not pass."""
    runs = [
        posterior_run(
            tmp_path,
            CLOSE | {"seed": seed, "optimizer": optimizer, "hidden": hidden},
            log_slope=slope + 0.02 * (seed - 21),
            rank_correlation=correlation + 0.02 * (seed - 21),
        )
        for optimizer in ("sgd", "adam", "full-batch")
        for hidden in ("40,40", "100")
        for seed in range(20, 23)
    ]
    assert verdict(runs, "T2.2") == said
    assert verdict(runs[:1], "T2.2") == "undecided"
    assert verdict(runs, "T2.9") == said
    assert verdict(runs[:9], "T2.9") == ("does not hold" if said == "does not hold" else "undecided")
    assert judgement(runs, "T2.2").claim.commands == [
        "geomgen posterior --sigma-b 0.3 --inputs 5 --train-size 16 --networks 3000 --samples 1000 --sampler orthant "
        "--seed SEED"
    ]


def test_seeds_that_were_seen_before_the_number_of_fresh_ones_was_fixed_do_not_count(tmp_path: Path) -> None:
    seen = [posterior_run(tmp_path, CLOSE | {"seed": seed}, log_slope=9.0, rank_correlation=0.0) for seed in range(3)]
    assert verdict(seen, "T2.2") == "not yet measured"
    fresh = [
        posterior_run(tmp_path, CLOSE | {"seed": seed}, log_slope=1.0 + seed / 1e3, rank_correlation=0.9 + seed / 1e3)
        for seed in range(20, 23)
    ]
    assert verdict([*seen, *fresh], "T2.2") == "holds"
    assert "seeds 20 to 49" in judgement(fresh, "T2.2").claim.rule


def _widened(folder: Path, law: Callable[[int, float], dict[str, float]]) -> list[Run]:
    """Return runs of three widths and seeds, whose numbers follow from the width and a little noise."""
    return [
        posterior_run(
            folder,
            WIDENING | {"seed": seed, "hidden": str(width), "lr": 8 / width},
            **law(width, 0.002 * ((seed + width // 8) % 3 - 1)),
        )
        for width in (8, 32, 128)
        for seed in range(3)
    ]


@pytest.mark.parametrize(
    ("divergence", "said"),
    [
        (lambda width: 0.3 + 2 / width, "holds"),
        (lambda width: 0.3, "does not hold"),
        (lambda width: 0.3 - 2 / width, "does not hold"),
        (lambda width: 0.9 + 2 / width, "does not hold"),
    ],
)
def test_training_comes_nearer_to_the_posterior(tmp_path: Path, divergence: Callable[[int], float], said: str) -> None:
    """A divergence that is level, however well it is known, does not pass."""
    runs = _widened(
        tmp_path,
        lambda width, noise: dict.fromkeys(("divergence_errors", "divergence_top"), divergence(width) + noise),
    )
    assert verdict(runs, "T2.3b") == said
    assert judgement(runs, "T2.3b").claim.commands == [
        "geomgen posterior --sigma-b 0.3 --inputs 4 --train-size 8 --networks 500 --infinite-width --optimal-points 100"
    ]


@pytest.mark.parametrize(("power", "said"), [(-0.5, "holds"), (0.0, "does not hold"), (0.3, "does not hold")])
def test_regions_become_more_alike(tmp_path: Path, power: float, said: str) -> None:
    runs = _widened(tmp_path, lambda width, noise: {"spread": (1 + noise) * width**power})
    assert verdict(runs, "T2.7") == said
    assert judgement(runs, "T2.7").answer.startswith({"holds": "Yes", "does not hold": "No"}[said])


@pytest.mark.parametrize(
    ("drawn", "trained", "said"),
    [(0.35, 0.42, "holds"), (0.35, 0.35, "holds"), (0.35, 0.2, "does not hold"), (0.52, 0.52, "does not hold")],
)
def test_what_makes_networks_generalise(tmp_path: Path, drawn: float, trained: float, said: str) -> None:
    runs = [
        posterior_run(
            tmp_path, CLOSE | {"hidden": hidden, "optimizer": "sgd", "seed": seed},
            error_bayes=drawn + 0.01 * (seed % 2), error_sgd=trained + 0.015 * (seed % 2),
        )
        for hidden in ("40,40", "100")
        for seed in range(20, 30)
    ]  # fmt: skip
    assert verdict(runs, "T2.10") == said


@pytest.mark.parametrize(("power", "said"), [(-0.5, "holds"), (0.5, "does not hold")])
def test_the_optimal_set_is_nearer_to_wide_networks(tmp_path: Path, power: float, said: str) -> None:
    runs = [
        surface_run(tmp_path, width, seed, relative_distance=(1 + 0.01 * seed) * width**power)
        for width in (4, 8, 16)
        for seed in range(3)
    ]
    assert verdict(runs, "T2.6") == said


@pytest.mark.parametrize(
    ("excess", "falls", "grows"),
    [
        (lambda width: 8 * (640 / width) ** 0.3 - 8, "holds", "holds"),
        (lambda width: 0.0, "does not hold", "does not hold"),
        (lambda width: -100 / width, "does not hold", "does not hold"),
        (lambda width: 8 * (640 / width) ** 0.3 - 6, "does not hold", "holds"),
    ],
)
def test_more_of_parameter_space_fits_in_wider_networks(
    tmp_path: Path, excess: Callable[[int], float], falls: str, grows: str
) -> None:
    runs = [
        mass_run(tmp_path, width, seed, excess(width) + 0.01 * ((seed + width // 40) % 3 - 1), target)
        for target in ("majority", "random")
        for width in (40, 160, 640)
        for seed in range(3)
    ]
    assert verdict(runs, "T2.3a") == falls
    assert verdict(runs, "T2.5") == grows


@pytest.mark.parametrize(
    ("log_mass", "said"),
    [
        (lambda width: -20.0 * (40 / width) ** 0.5, "holds"),
        (lambda width: -17.0, "does not hold"),
        (lambda width: -17.0 - width / 100, "does not hold"),
    ],
)
def test_average_case_bounds_tighten_with_width(tmp_path: Path, log_mass: Callable[[int], float], said: str) -> None:
    runs = [
        posterior_run(
            tmp_path, BOUNDED | {"seed": seed, "hidden": str(width)}, error_bayes=0.02,
            log_prior_mass=log_mass(width) * (1 + 0.01 * ((seed + width // 40) % 3)), log_prior_mass_stderr=0.05,
        )
        for width in (40, 160, 640)
        for seed in range(3)
    ]  # fmt: skip
    assert verdict(runs, "T2.8") == said
