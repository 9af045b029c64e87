"""Verdicts on the first text's claims: made-up runs that say each claim, and runs that say the opposite."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from geomgen.report.claims.claim import judged
from geomgen.report.claims.t1_similarity import REASON_CLAIMS
from geomgen.report.claims.t1_way_back import WAY_BACK_CLAIMS
from geomgen.report.collect import RunTables
from geomgen.report.quantities.similarity import CONTROLS, GAUSSIAN, HISTOGRAM, SUMMARY, UNITS
from geomgen.report.width_logdet import CELLS
from geomgen.store.run import Run
from tests.report.claims.judging import BY_ID, judgement, value, verdict
from tests.report.made_up_gradients import gradient_row
from tests.report.made_up_runs import FACTS, RunMaker, histogram_rows, layer_row, summary_row, training_row, volume_row

SIDES = [(True, "holds"), (False, "does not hold")]
TRUE_OR_NOT = pytest.mark.parametrize(("true", "said"), SIDES)
LENET = FACTS | {"layers": ["conv1", "hidden2", "output"]}
OF_SIMILARITY = ("T1.1", "T1.2", "T1.3a", "T1.3b", "T1.4", "T1.5", "T1.6", "T1.15")
PUBLISHED = {
    128: (219, 432, 759, 1372), 512: (712, 1714, 1564, 5343), 2048: (2193, 6605, 2679, 20856),
    3072: (3005, 9744, 2919, 30699), 4096: (3678, 12750, 3045, 40604), 8192: (5566, 22233, 3101, 66665),
}  # fmt: skip
COLUMNS = [CELLS[name] for name in ("initial", "initial_control", "trained", "trained_control")]


def probed(make_run: RunMaker, *, seed: int, width: int, true: bool) -> Run:
    """Return a run whose similarities say what the text says, or the opposite of all of it."""
    shift, std = 0.001 * seed, width**-0.5 if true else width**-0.2
    initial, final = (0.6, 0.2) if true else (0.01 + (width > 512) / 10, 0.3)
    permuted = (0.61, 0.7) if true else (0.2, 0.1)
    summaries = [
        summary_row("initial", "data", initial + shift, 0.08),
        summary_row("final", "data", final + 2 * shift, 0.2 + shift if true else 0.05 - shift),
        summary_row("initial", "permuted-pixels", permuted[0] + 2 * shift, 0.08),
        summary_row("final", "permuted-pixels", permuted[1], 0.1),
        *(summary_row("initial", control, 0.0, std * (1 + shift)) for control in CONTROLS),
        summary_row("initial", GAUSSIAN, 1.0, std * (1 + shift), "l2"),
        summary_row("initial", UNITS, 1.0, 0.03 * (1 + shift), "l2"),  # at any width, as it keeps each input's norm
        summary_row("initial", "data", 1.0, 0.14 + shift / 10 if true else 0.001, "l2"),
        summary_row("final", "data", 1.0, (0.2 if true else 0.0) + 2 * shift, "l2"),
    ]
    bins = [
        row
        for metric in ("cosine", "l2")
        for condition, share in (("data", 0.5), ("permuted-pixels", 0.5 + shift if true else 0.9 + shift))
        for row in histogram_rows("initial", condition, (share, 1 - share), metric)
    ]
    layers = [
        layer_row(f"hidden{index}", state, size)
        for index in (1, 2)
        for state, size in (("initial", 1.0), ("final", 2.0 + shift if true or index == 1 else 0.5 - shift))
    ]
    return make_run(tables={SUMMARY: summaries, HISTOGRAM: bins, "layer_statistics": layers}, width=width, seed=seed)


@pytest.fixture(scope="module")
def similarities(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, list[Run]]:
    """Three seeds of three widths, by whether they say what the text says."""
    makers = {true: RunMaker(tmp_path_factory.mktemp(str(true))) for true, _ in SIDES}
    return {
        true: [probed(maker, seed=seed, width=width, true=true) for seed in range(3) for width in (128, 512, 8192)]
        for true, maker in makers.items()
    }


@TRUE_OR_NOT
@pytest.mark.parametrize("claim", OF_SIMILARITY)
def test_similarity(similarities: dict[bool, list[Run]], claim: str, true: bool, said: str) -> None:
    assert verdict(similarities[true], claim) == said


@pytest.mark.parametrize("claim", ["T1.1", "T1.2", "T1.3a", "T1.3b", "T1.4"])
@pytest.mark.parametrize("true", [True, False])
def test_one_seed_decides_nothing_on_similarity(similarities: dict[bool, list[Run]], claim: str, true: bool) -> None:
    one_seed = [run for run in similarities[true] if run.config["seed"] == 0]
    assert verdict(one_seed, claim) == "undecided"


def test_one_seed_of_the_wide_network_borrows_nothing_from_the_small_ones(similarities: dict[bool, list[Run]]) -> None:
    runs = [run for run in similarities[True] if run.config["width"] < 8192 or run.config["seed"] == 0]
    found = {claim: verdict(runs, claim) for claim in ("T1.1", "T1.3a", "T1.3b", "T1.5")}
    assert found == {"T1.1": "undecided", "T1.3a": "holds", "T1.3b": "undecided", "T1.5": "undecided"}


@TRUE_OR_NOT
def test_lenet_beside_an_mlp_of_the_same_width(make_run: RunMaker, true: bool, said: str) -> None:
    def similar(mean: float, std: float, seed: int) -> dict[str, list[Any]]:
        return {SUMMARY: [summary_row("initial", "data", mean * (1 + 0.001 * seed), std * (1 + 0.01 * seed))]}

    def mlps(width: int) -> list[Run]:
        return [make_run(tables=similar(0.6, 0.08, seed), seed=seed, width=width) for seed in range(3)]

    mean, std = (0.8, 0.03) if true else (0.4, 0.13)
    lenets = [
        make_run(tables=similar(mean, std, seed), seed=seed, arch="lenet5", width=84, facts=LENET) for seed in range(3)
    ]
    assert verdict([*lenets, *mlps(512)], "T1.7") == "not yet measured"
    assert verdict([*lenets, *mlps(84)], "T1.7") == said


@TRUE_OR_NOT
def test_layer_norm_before_and_after_the_norm(make_run: RunMaker, true: bool, said: str) -> None:
    def runs(*sites: str) -> list[Run]:
        return [
            make_run(tables={SUMMARY: [
                summary_row("initial", "data", (0.6 + 0.001 * seed) + change * (1 + 0.01 * seed), 0.05, site=site)
                for site in sites
            ]}, seed=seed, layer_norm=change != 0)
            for seed in range(3) for change in (0.0, 0.1 if true else -0.1)
        ]  # fmt: skip

    before = runs("pre")
    assert verdict(before, "T1.14") == ("undecided" if true else said)
    assert "after norm and nonlinearity" in judgement(before, "T1.14").evidence
    assert verdict([*before, *runs("pre", "post")], "T1.14") == said


@TRUE_OR_NOT
def test_a_transformer(make_run: RunMaker, true: bool, said: str) -> None:
    facts = FACTS | {"layers": ["block1", "hidden2", "output"]}
    runs = []
    for seed in range(3):
        rows = [
            summary_row("initial", "data", 0.9 + 0.001 * seed, 0.05 + 0.001 * seed),
            summary_row("final", "data", 0.3 if true else 0.95, 0.2),
            *(summary_row("initial", control, 0.0, 0.1) for control in CONTROLS),
        ]
        runs.append(make_run(tables={SUMMARY: rows}, arch="transformer", seed=seed, facts=facts))
    assert verdict(runs, "T1.8") == said
    assert verdict(runs[:1], "T1.8") == "undecided"


def volumes(make_run: RunMaker, law: Callable[[int], Sequence[float]], seeds: int = 2) -> list[Run]:
    return [
        make_run(
            dict(zip(COLUMNS, (it * (1 + 0.001 * seed) for it in law(width)), strict=True)), width=width, seed=seed
        )
        for width in PUBLISHED
        for seed in range(seeds)
    ]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Two seeds of widths of the published table, a little apart."""
    return volumes(RunMaker(tmp_path_factory.mktemp("published")), PUBLISHED.__getitem__)


@pytest.mark.parametrize(
    ("claim", "said", "number"),
    [
        ("T1.9", "does not hold", -0.208),
        ("T1.10", "holds", (3101 - 3045) / (3045 - 759)),
        ("T1.11", "holds", 2945),
        ("T1.12", "holds", (66665 - 40604) / (40604 - 1372)),
    ],
)
def test_the_published_table(published: list[Run], claim: str, said: str, number: float) -> None:
    assert verdict(published, claim) == said
    assert value(published, claim) == pytest.approx(number, rel=0.02)
    one_seed = [run for run in published if run.config["seed"] == 0]
    assert verdict(one_seed, claim) == "undecided"
    assert value(one_seed, claim) == pytest.approx(number, rel=0.02)


def test_the_crossing_has_its_own_interval(published: list[Run]) -> None:
    crossing, *ends = judgement(published, "T1.11").findings
    assert crossing.words.endswith("changes sign, between 2048 and 3072")
    assert 2048 < crossing.estimate.low < crossing.estimate.value < crossing.estimate.high < 3072
    assert [finding.words.rpartition(" at ")[2] for finding in ends] == ["width 128", "width 8192"]


@pytest.mark.parametrize(
    ("claim", "said"), [("T1.9", "holds"), ("T1.10", "does not hold"), ("T1.11", "does not hold"), ("T1.12", "holds")]
)
def test_power_laws_of_width(make_run: RunMaker, claim: str, said: str) -> None:
    runs = volumes(make_run, lambda width: [scale * width**0.7 for scale in (1, 2, 4, 8)])
    assert verdict(runs, claim) == said


def test_a_control_that_saturates(make_run: RunMaker) -> None:
    runs = volumes(make_run, lambda width: (1, 2, 3, min(width, 4096) + width / 100))
    assert verdict(runs, "T1.12") == "does not hold"


@TRUE_OR_NOT
@pytest.mark.parametrize("width", [512, 4096])
def test_weight_decay_and_epochs(make_run: RunMaker, width: int, true: bool, said: str) -> None:
    sign = 1 if true else -1
    settings: list[tuple[dict[str, Any], float]] = [
        ({}, 100.0), ({"weight_decay": 0.0}, 100 + 50 * sign), ({"weight_decay": 0.1}, 100 - 40 * sign),
        ({"epochs": 1}, 100 - 30 * sign), ({"epochs": 30}, 100 + 30 * sign),
    ]  # fmt: skip
    runs = [
        make_run(
            {("initial", "data"): 100 + 90 * sign + seed, ("final", "data"): trained * (1 + 0.001 * seed)},
            width=width,
            seed=seed,
            **options,
        )
        for options, trained in settings
        for seed in range(3)
    ]
    found = [verdict(runs, claim) for claim in ("T1.13a", "T1.13b", "T1.13c")]
    if width == 4096:
        assert found == [said] * 3
    else:
        assert found == ["not yet measured", *(["undecided"] * 2 if true else [said] * 2)]
        assert "not yet at width 4096 or more" in judgement(runs, "T1.13b").evidence


@pytest.mark.parametrize(("total_correlation", "said"), [(40.0, "holds"), (0.01, "does not hold")])
def test_volume_beyond_magnitude(make_run: RunMaker, total_correlation: float, said: str) -> None:
    def rows(seed: int) -> list[Any]:
        change = total_correlation * (1 + 0.01 * seed)
        states = (("initial", 0.0, 5.0 + seed), ("final", 30.0 + seed, 5 + seed + change))
        return [
            replace(volume_row(state, "data", volume, rule="ledoit-wolf"), total_correlation_nats=total)
            for state, volume, total in states
        ]

    runs = [make_run(tables={"activation_volume": rows(seed)}, seed=seed) for seed in range(3)]
    assert verdict(runs, "T1.18") == said
    assert verdict(runs[:1], "T1.18") == "undecided"
    assert value(runs[:1], "T1.18") == pytest.approx(2 * total_correlation / (30 + 2 * total_correlation))


def walks(make_run: RunMaker, power: float, moved: Callable[[int], float], widths: Sequence[int]) -> list[Run]:
    """Make runs whose distance is a power of the steps, and whose relative distance is a function of the width."""
    return [
        make_run(tables={"training": [
            replace(training_row(epoch), distance=(10 * epoch) ** (power + 0.001 * seed),
                    relative_distance=moved(width) * (1 + 0.001 * seed))
            for epoch in range(1, 11)
        ]}, seed=seed, width=width)
        for width in widths for seed in range(2)
    ]  # fmt: skip


@pytest.mark.parametrize(("power", "said"), [(0.5, "holds"), (0.3, "does not hold"), (0.8, "does not hold")])
def test_a_brownian_path_at_each_width(make_run: RunMaker, power: float, said: str) -> None:
    runs = walks(make_run, power, float, (64, 512))
    assert verdict(runs, "T1.16a") == said
    words = [finding.words for finding in judgement(runs, "T1.16a").findings]
    assert [it.partition(" at ")[2] for it in words] == ["width 64", "width 512"]
    mixed = [*runs, *walks(make_run, 0.3, float, (128,))]
    assert verdict(mixed, "T1.16a") == "does not hold"


def test_another_interval_of_records_is_another_path(make_run: RunMaker) -> None:
    runs = walks(make_run, 0.5, float, (64,))
    sparse = [
        make_run(tables={"training": [replace(training_row(epoch), distance=float(epoch)) for epoch in (4, 8, 10)]},
                 seed=seed, width=64, record_every=4)
        for seed in range(2)
    ]  # fmt: skip
    assert value([*runs, *sparse[:1]], "T1.16a") == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize(("bits", "said"), [(0.3, "holds"), (2.0, "does not hold")])
def test_bits_per_step(make_run: RunMaker, bits: float, said: str) -> None:
    runs = [
        make_run(tables={"implicit_regularization": [gradient_row(0, 0.1, None, bits=9.0),
                                                     gradient_row(1, 0.1, None, bits=bits + 0.01 * seed)]},
                 width=512, seed=seed, track=("implicit-regularization",))
        for seed in range(3)
    ]  # fmt: skip
    assert verdict(runs, "T1.16b") == said
    assert value(runs, "T1.16b") == pytest.approx(bits + 0.01)


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (lambda width: width**-0.1, "holds"),
        (lambda width: 0.1 * width**0.1, "does not hold"),
        (lambda width: 0.5 + (width == 512) - 0.1 * (width == 4096), "undecided"),
        (lambda width: 9 * width**-0.1, "does not hold"),
    ],
)
def test_the_larger_the_closer(make_run: RunMaker, moved: Callable[[int], float], said: str) -> None:
    runs = walks(make_run, 0.5, moved, (64, 128, 512, 4096))
    assert verdict(runs, "T1.17") == said
    assert judgement(runs, "T1.17").findings[1].words.endswith("from width 64 to 4096")


def test_each_claim_of_this_text_is_judged_here() -> None:
    judged_here = {*OF_SIMILARITY, "T1.7", "T1.8", "T1.9", "T1.10", "T1.11", "T1.12", "T1.13a", "T1.13b", "T1.13c"}
    judged_here |= {"T1.14", "T1.16a", "T1.16b", "T1.17", "T1.18"}
    others = {claim.id for claim in (*REASON_CLAIMS, *WAY_BACK_CLAIMS)}
    assert judged_here == {claim for claim in BY_ID if claim.startswith("T1.")} - others
    assert {judged(BY_ID[claim], RunTables([])).verdict for claim in judged_here} == {"not yet measured"}
