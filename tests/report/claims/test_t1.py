"""Verdicts on the first text's claims: made-up runs that say each of them, and runs that say the opposite."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.collect import RunTables
from geomgen.report.content import records
from geomgen.report.reports import REPORTS
from geomgen.report.similarity import HISTOGRAM, SUMMARY
from geomgen.report.width_logdet import CELLS
from geomgen.store.run import Run
from tests.report.made_up_runs import FACTS, RunMaker, histogram_rows, layer_row, summary_row, training_row, volume_row

CONTROLS = ("control-units", "control-gaussian-pooled")
LENET = FACTS | {"layers": ["conv1", "hidden2", "output"]}


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    return RunMaker(tmp_path / "runs")


def claims(runs: Iterable[Run]) -> dict[str, dict[str, Any]]:
    """Return the row of each claim that was measured, by its id."""
    rows = records(REPORTS["claims"].build(RunTables(runs)).main.frame)
    return {row["id"]: row for row in rows if row["verdict"] != "not yet measured"}


def verdicts(runs: Iterable[Run]) -> dict[str, str]:
    return {claim: row["verdict"] for claim, row in claims(runs).items()}


def test_the_published_table_says_what_its_text_says(make_run: RunMaker) -> None:
    published = {
        128: (219, 432, 759, 1372), 512: (712, 1714, 1564, 5343), 2048: (2193, 6605, 2679, 20856),
        3072: (3005, 9744, 2919, 30699), 4096: (3678, 12750, 3045, 40604), 8192: (5566, 22233, 3101, 66665),
    }  # fmt: skip
    cells = [CELLS[name] for name in ("initial", "initial_control", "trained", "trained_control")]
    runs = [
        make_run(
            dict(zip(cells, (value * (1 + 0.001 * seed) for value in values), strict=True)), width=width, seed=seed
        )
        for width, values in published.items()
        for seed in range(2 if width < 3072 else 1)
    ]
    assert verdicts(runs) == {"T1.9": "holds", "T1.10": "holds", "T1.11": "holds", "T1.12": "holds"}
    found = claims(runs)
    assert 2048 < found["T1.11"]["low"] < found["T1.11"]["value"] < found["T1.11"]["high"] < 3072
    assert found["T1.10"]["value"] == pytest.approx((3101 - 3045) / (3045 - 759 * 1.0005), rel=1e-3)
    one_seed = [run for run in runs if run.config["seed"] == 0]
    assert verdicts(one_seed) == {"T1.9": "holds", "T1.10": "undecided", "T1.11": "undecided", "T1.12": "undecided"}


@pytest.mark.parametrize(("change", "accuracy", "verdict"), [
    (-100, 0.98, "holds"), (100, 0.98, "does not hold"), (-100, 0.9, "does not hold"),
])  # fmt: skip
def test_students_beside_their_teachers(make_run: RunMaker, change: float, accuracy: float, verdict: str) -> None:
    def measured(log_det: float, its_accuracy: float, **options: Any) -> Run:
        tables: dict[str, Sequence[Any]] = {
            SUMMARY: [summary_row("final", "data", 0.3, 0.1)],
            "training": [training_row(10, its_accuracy)],
        }
        return make_run({CELLS["trained"]: log_det}, tables=tables, **options)

    teachers = [measured(1600 + seed, 0.98, seed=seed) for seed in range(3)]
    students = [
        measured(1600 + 2 * teacher.config["seed"] + change, accuracy, seed=10 + index, teacher=str(teacher.path))
        for index, teacher in enumerate(teachers)
    ]
    found = claims([*teachers, *students])["T1.19"]
    assert (found["verdict"], found["value"]) == (verdict, pytest.approx(change + 1))
    assert "T1.19" not in claims(teachers)


@pytest.mark.parametrize(("sign", "verdict"), [(1, "holds"), (-1, "does not hold")])
def test_weight_decay_and_epochs(make_run: RunMaker, sign: int, verdict: str) -> None:
    runs = []
    for seed in range(2):
        settings: list[tuple[dict[str, Any], float]] = [
            ({}, 100.0), ({"weight_decay": 0.0}, 100 + 50 * sign), ({"weight_decay": 0.1}, 100 - 40 * sign),
            ({"epochs": 30}, 100 + 30 * sign),
        ]  # fmt: skip
        for options, trained in settings:
            values = {("initial", "data"): 100 + 90 * sign + seed, ("final", "data"): trained + 2 * seed}
            runs.append(make_run(values, width=4096, seed=seed, **options))
    assert verdicts(runs) == dict.fromkeys(("T1.13a", "T1.13b", "T1.13c"), verdict)


def test_volume_beyond_magnitude(make_run: RunMaker) -> None:
    def rows(seed: int, change: float) -> list[object]:
        return [
            replace(volume_row(state, "data", 10.0, rule="ledoit-wolf"), total_correlation_nats=value)
            for state, value in (("initial", 5.0 + seed), ("final", 5.0 + 1.5 * seed + change))
        ]

    more = [make_run(tables={"activation_volume": rows(seed, 40)}, seed=seed) for seed in range(3)]
    (found,) = claims(more).values()
    assert (found["id"], found["verdict"]) == ("T1.18", "holds")
    assert found["value"] == pytest.approx(-81)
    same = [make_run(tables={"activation_volume": rows(seed, -0.5)}, seed=seed) for seed in range(3)]
    assert verdicts(same) == {"T1.18": "undecided"}


def probed(make_run: RunMaker, *, seed: int, width: int, alike: bool) -> Run:
    """Return a run whose similarities say what the text says, or the opposite of all of it."""
    shift, std = 0.001 * seed, width**-0.5 if alike else width**-0.2
    initial, final = (0.6, 0.2) if alike else (0.01, 0.3)
    permuted = (0.61, 0.7) if alike else (0.2, 0.1)
    summaries = [
        summary_row("initial", "data", initial + shift, 0.08),
        summary_row("final", "data", final + 2 * shift, 0.2 + shift if alike else 0.05),
        summary_row("initial", "permuted-pixels", permuted[0] + 2 * shift, 0.08),
        summary_row("final", "permuted-pixels", permuted[1], 0.1),
        *(summary_row("initial", control, 0.0, std * (1 + shift)) for control in CONTROLS),
        *(summary_row("initial", control, 1.0, std * (1 + shift), "l2") for control in CONTROLS),
        summary_row("initial", "data", 1.0, 0.14 + shift / 10 if alike else 0.001, "l2"),
        summary_row("final", "data", 1.0, (0.2 if alike else 0.0) + 2 * shift, "l2"),
    ]
    bins = [
        row
        for metric in ("cosine", "l2")
        for condition, densities in (("data", [0.5, 0.5]), ("permuted-pixels", [0.5, 0.5] if alike else [0.9, 0.1]))
        for row in histogram_rows("initial", condition, densities, metric)
    ]
    layers = [
        layer_row(f"hidden{index}", state, value)
        for index in (1, 2)
        for state, value in (("initial", 1.0), ("final", 2.0 if alike or index == 1 else 0.5))
    ]
    return make_run(tables={SUMMARY: summaries, HISTOGRAM: bins, "layer_statistics": layers}, width=width, seed=seed)


@pytest.mark.parametrize(("alike", "verdict"), [(True, "holds"), (False, "does not hold")])
def test_similarity(make_run: RunMaker, alike: bool, verdict: str) -> None:
    runs = [probed(make_run, seed=seed, width=width, alike=alike) for seed in range(3) for width in (512, 8192)]
    assert verdicts(runs) == dict.fromkeys(("T1.1", "T1.2", "T1.3a", "T1.3b", "T1.4", "T1.5", "T1.6", "T1.15"), verdict)


@pytest.mark.parametrize(("sign", "verdict"), [(1, "holds"), (-1, "does not hold")])
def test_lenet_and_layer_norm_beside_the_mlp(make_run: RunMaker, sign: int, verdict: str) -> None:
    runs = []
    for seed in range(3):
        settings: list[tuple[dict[str, Any], float, float]] = [
            ({}, 0.6, 0.08), ({"layer_norm": True}, 0.6 + 0.1 * sign, 0.05),
            ({"arch": "lenet5", "facts": LENET}, 0.6 + 0.2 * sign, 0.08 - 0.05 * sign),
        ]  # fmt: skip
        for options, mean, std in settings:
            rows = [summary_row("initial", "data", mean + 0.001 * seed * (1 + mean), std + 0.001 * seed)]
            runs.append(make_run(tables={SUMMARY: rows}, seed=seed, **options))
    found = verdicts(runs)
    assert (found["T1.7"], found["T1.14"]) == (verdict, verdict)


def test_a_transformer(make_run: RunMaker) -> None:
    facts = FACTS | {"layers": ["block1", "hidden2", "output"]}
    runs = []
    for seed in range(2):
        rows = [
            summary_row("initial", "data", 0.9 + 0.001 * seed, 0.05), summary_row("final", "data", 0.3, 0.2),
            *(summary_row("initial", control, 0.0, 0.1) for control in CONTROLS),
        ]  # fmt: skip
        runs.append(make_run(tables={SUMMARY: rows}, arch="transformer", seed=seed, facts=facts))
    assert verdicts(runs) == {"T1.8": "holds"}


def test_training_path(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=3, seed=seed, width=width) for seed in range(2) for width in (128, 256, 512)]
    found = claims(runs)
    assert found["T1.16a"]["verdict"] == "does not hold"
    assert [found[claim]["value"] for claim in ("T1.16a", "T1.17")] == pytest.approx([0, 0])


def test_runs_of_another_protocol_are_not_judged(make_run: RunMaker) -> None:
    rows = records(REPORTS["claims"].build(RunTables([make_run(epochs_done=1, epochs=1)])).main.frame)
    judged = {claim.id for claim in CLAIMS if claim.tables == ("training",) and claim.id.startswith("T1")}
    evidence = {row["evidence"] for row in rows if row["id"] in judged}
    assert evidence == {"No run of the published protocol has been measured."}
