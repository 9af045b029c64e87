"""Verdicts on made-up minima: volumes that have nothing to do with the trace or the test error do not pass."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from geomgen.report.claims.t3_flatness import SMALL_MLP
from geomgen.report.quantities.parameter_volume import TABLE
from geomgen.store.run import Run
from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_learning import ROW
from tests.report.made_up_runs import RunMaker, fitted_row, training_row
from tests.report.made_up_volumes import volume_row

SEEDS = 12
NOISE = np.random.default_rng(0).normal(size=(3, 2, SEEDS))


def minima(make_run: RunMaker, number: Callable[[float, float], float]) -> list[Run]:
    """Return trainings at two rates, of which one has larger volumes and errors.

    Args:
        make_run: Makes a run.
        number: Mixes what all numbers of a minimum share with noise of its own.
    """
    options = {name: value for name, value in SMALL_MLP.filled().to_mapping().items() if name not in {"lr", "seed"}}
    options["width"] = 3

    def run(place: int, seed: int) -> Run:
        shared = seed / SEEDS
        llc, error, trace = (number(shared, own) for own in NOISE[:, place, seed])
        volume = 10 * place + shared
        rows = [
            volume_row(volume, trace=5 - trace),
            volume_row(volume - 1, gauge="rebalanced", trace=5 - trace),
        ]
        tables: dict[str, list[Any]] = {
            "training": [fitted_row(0.7 - 0.1 * place + 0.01 * error)],
            TABLE: rows,
            "llc": [replace(ROW, num_samples=100, llc=5 - llc)],
        }  # fmt: skip
        return make_run(tables=tables, **(options | {"lr": 0.1 + 0.1 * place, "seed": seed}))

    return [run(place, seed) for place in (0, 1) for seed in range(SEEDS)]


def test_flat_minima_that_are_large_and_generalise(make_run: RunMaker) -> None:
    runs = minima(make_run, lambda shared, own: shared + 0.01 * own)
    assert [verdict(runs, claim) for claim in ("T3.4", "T3.6")] == ["holds", "holds"]
    assert all(one.estimate.count == 2 * SEEDS - 1 for one in judgement(runs, "T3.4").findings)


def test_numbers_that_share_only_their_setting_do_not_pass(make_run: RunMaker) -> None:
    runs = minima(make_run, lambda _shared, own: own)
    assert "holds" not in {verdict(runs, claim) for claim in ("T3.4", "T3.6")}


def test_trainings_that_do_not_fit_are_not_judged(make_run: RunMaker) -> None:
    options = SMALL_MLP.filled().to_mapping() | {"width": 3}
    tables: dict[str, list[Any]] = {"training": [training_row(1, 0.5)], TABLE: [volume_row(-1.0)], "llc": [ROW]}
    assert verdict([make_run(tables=tables, **options)], "T3.4") == "not yet measured"
