"""Verdicts on similarity: made-up runs that say each claim, and runs that say the opposite."""

from typing import Any

import pytest

from geomgen.report.similarity import HISTOGRAM, SUMMARY
from geomgen.store.run import Run
from tests.report.made_up_runs import FACTS, RunMaker, histogram_rows, layer_row, summary_row
from tests.report.reading import verdicts

CONTROLS = ("control-units", "control-gaussian-pooled")

LENET = FACTS | {"layers": ["conv1", "hidden2", "output"]}


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
