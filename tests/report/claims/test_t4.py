"""Verdicts on the fourth text's claims: made-up runs that say each claim, and runs that say the opposite."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geomgen.tables.derivatives import TangentKernelRow
from tests.report.claims.judging import judgement, value, verdict
from tests.report.made_up_regressions import jacobian_rows, linear_run, optimal_set_run
from tests.report.made_up_runs import RunMaker, training_row
from tests.report.made_up_surfaces import surface_run

RESOLVED, ROUNDING, HIDDEN = 0.1, 1e-17, 1e-15


@pytest.mark.parametrize(
    ("min_rank", "ranks", "said"),
    [
        (5, [(20, RESOLVED)], "holds"),
        (4, [(20, RESOLVED)], "does not hold"),
        (5, [(20, RESOLVED), (19, ROUNDING)], "does not hold"),
        (5, [(20, RESOLVED), (19, HIDDEN)], "holds"),
        (5, [(19, HIDDEN)], "undecided"),
    ],
)
def test_the_dimension_of_the_optimal_set(
    make_run: RunMaker, tmp_path: Path, min_rank: int, ranks: list[tuple[int, float]], said: str
) -> None:
    runs = [make_run(tables={"jacobian_rank": jacobian_rows(ranks)}), optimal_set_run(tmp_path / "runs", min_rank)]
    assert verdict(runs, "T4.1") == said
    hidden = [smallest for _, smallest in ranks].count(HIDDEN)
    assert (f"{hidden} more unresolved" in judgement(runs, "T4.1").evidence) == (hidden > 0 and len(ranks) > 1)


def test_the_dimension_needs_networks(tmp_path: Path) -> None:
    assert verdict([optimal_set_run(tmp_path)], "T4.1") == "undecided"


@pytest.mark.parametrize(
    ("size", "power", "said"), [(1, -0.5, "holds"), (0.05, 0.3, "does not hold"), (40, -0.5, "does not hold")]
)
def test_wide_networks_move_only_a_little(make_run: RunMaker, size: float, power: float, said: str) -> None:
    sgd: dict[str, Any] = {"optimizer": "sgd", "lr": 0.1, "weight_decay": 0.0, "train_size": 10_000}
    moved = [
        make_run(
            tables={"training": [replace(training_row(1), relative_distance=size * width**power * (1 + 0.01 * seed))]},
            width=width, seed=seed, **sgd,
        )
        for width in (64, 128, 256, 512) for seed in range(2)
    ]  # fmt: skip
    others = [
        make_run(tables={"training": [replace(training_row(1), relative_distance=9.0)]}, width=width)
        for width in (64, 128, 256, 512)
    ]
    exponent = judgement([*moved, *others], "T4.2").findings[1].estimate
    assert exponent.value == pytest.approx(power, abs=0.02)
    assert verdict([*moved, *others], "T4.2") == said
    assert verdict(others, "T4.2") == "not yet measured"


@pytest.mark.parametrize(
    ("moments", "said"),
    [
        ({}, "holds"),
        ({"mean": 0.51}, "does not hold"),
        ({"variance": 0.012}, "does not hold"),
    ],
)
def test_slopes_are_samples_of_the_posterior(tmp_path: Path, moments: dict[str, float], said: str) -> None:
    assert verdict([linear_run(tmp_path, seed=0, **moments)], "T4.6") == said


def test_all_draws_count_together(tmp_path: Path) -> None:
    """Two runs at z = 2.5 each are at z = 3.5 together; the shorter of two with one seed is left out."""
    off = 0.5 + 2.5 * 0.1 / 1000**0.5
    runs = [linear_run(tmp_path, seed=0, mean=off), linear_run(tmp_path, seed=0, mean=9.0, repetitions=500)]
    assert verdict(runs, "T4.6") == "holds"
    assert value(runs, "T4.6") == pytest.approx(2.5)
    runs += [linear_run(tmp_path, seed=1, mean=off), linear_run(tmp_path, seed=2, mean=9.0, term_prior="published")]
    assert verdict(runs, "T4.6") == "does not hold"
    assert value(runs, "T4.6") == pytest.approx(2.5 * 2**0.5)


def test_few_draws_say_nothing(tmp_path: Path) -> None:
    assert verdict([linear_run(tmp_path, seed=0, repetitions=500)], "T4.6") == "not yet measured"


@pytest.mark.parametrize(
    ("claim", "column", "right", "wrong"),
    [
        ("T4.3", "distance_ratio", 1.02, 1.3),
        ("T4.4", "log10_curvature_range", 0.5, 1.5),
        ("T4.5", "slope", 1.0, 0.5),
    ],
)
def test_training_ends_at_nearest_points_of_an_even_surface_as_a_sample_of_the_prior(
    tmp_path: Path, claim: str, column: str, right: float, wrong: float
) -> None:
    def judged(level: float, folder: Path, width: int = 64) -> str:
        changes: list[dict[str, Any]] = [{column: level + 0.001 * seed} for seed in range(3)]
        return verdict([surface_run(folder, width, seed, **change) for seed, change in enumerate(changes)], claim)

    assert judged(right, tmp_path / "right") == "holds"
    assert judged(wrong, tmp_path / "wrong") == "does not hold"
    if claim == "T4.3":
        assert judged(right, tmp_path / "narrow", width=8) == "not yet measured"


def test_chains_that_have_not_mixed_say_nothing_of_a_law(tmp_path: Path) -> None:
    runs = [surface_run(tmp_path, 64, seed, verdict="not mixed") for seed in range(3)]
    assert verdict(runs, "T4.5") == "not yet measured"


def _kernel_row(state: str, condition: float, alignment: float) -> TangentKernelRow:
    return TangentKernelRow(
        state=state, num_samples=200, outputs=10, num_parameters=1000, trace_per_sample=50.0, largest_eigenvalue=100.0,
        smallest_eigenvalue=100.0 / condition, condition_number=condition, effective_rank=40.0,
        label_alignment=alignment,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("power", "gain", "said"), [(-1, 0.04, "holds"), (1, 0.04, "does not hold"), (-1, 0, "undecided")]
)
def test_wider_networks_have_better_conditioned_kernels(make_run: RunMaker, power: int, gain: float, said: str) -> None:
    runs = [
        make_run(
            tables={
                "tangent_kernel": [
                    _kernel_row("initial", 1e6 * width**power * (1 + 0.01 * seed), 0.01),
                    _kernel_row("final", 1e6, 0.01 + gain + 0.001 * (seed - 1)),
                ]
            },
            width=width, seed=seed,
        )
        for width in (64, 128, 256) for seed in range(3)
    ]  # fmt: skip
    assert verdict(runs, "T4.7") == said
