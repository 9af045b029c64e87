"""Which runs differ in nothing but the seed, and what is said of several seeds."""

import math
from typing import Any

import pandas as pd
import pytest

from geomgen.report.collect import RunTables
from geomgen.report.content import records
from geomgen.report.seeds import in_order, label, largest_group, mean_over_seeds, unusual, with_spread
from tests.report.made_up_runs import RunMaker


def _groups(make_run: RunMaker, *options: dict[str, Any]) -> tuple[list[float], list[str]]:
    """Return the learning rates of the largest group of runs, and the notes."""
    runs = [make_run(epochs_done=1, **changed) for changed in options]
    rows, notes = largest_group(RunTables(runs).collect("training", "").frame)
    return rows["lr"].tolist(), notes


def test_the_largest_group_is_kept_and_of_equals_the_latest(make_run: RunMaker) -> None:
    few, many = {"lr": 0.1}, {"lr": 0.2}
    assert _groups(make_run, many, many, few) == (
        [0.2, 0.2],
        ["Only the runs with lr 0.2 are shown; 1 with other options are not."],
    )
    assert _groups(make_run, many, few)[0] == [0.1]
    assert _groups(make_run, {"seed": 0}, {"seed": 1}) == ([0.001, 0.001], [])


def test_a_group_that_goes_through_more_of_a_free_option_wins(make_run: RunMaker) -> None:
    options: list[dict[str, Any]] = [
        {"lr": 0.1, "epochs": 1},
        {"lr": 0.1, "epochs": 2},
        *({"lr": 0.2, "epochs": 1, "seed": s} for s in range(3)),
    ]
    runs = [make_run(epochs_done=1, **changed) for changed in options]
    rows, _ = largest_group(RunTables(runs).collect("training", "").frame, "epochs")
    assert set(rows["lr"]) == {0.1}


def test_mean_and_spread_over_seeds_by_hand() -> None:
    rows = pd.DataFrame({"width": [2, 1, 1, 1], "seed": [0, 0, 1, 2], "loss": [5.0, 1.0, 2.0, 6.0]})
    frame = mean_over_seeds(rows, ["width"], ["loss"])
    assert frame[["width", "loss", "seeds"]].to_numpy().tolist() == [[1, 3, 3], [2, 5, 1]]
    assert frame["loss_std"].tolist() == pytest.approx([math.sqrt(7), math.nan], nan_ok=True)
    assert [with_spread(row, "loss", 2) for row in records(frame)] == ["3.00 ± 2.65", "5.00"]


def test_options_in_words(make_run: RunMaker) -> None:
    assert label(["batch_size", "lr"], {"batch_size": 64, "lr": 1e-3}) == "batch size 64, lr 0.001"
    run = make_run(arch="lenet5", lr=0.1).config
    assert unusual(["arch", "depth", "lr", "epochs"], run) == "lr 0.1"


def test_words_sort_as_asked_and_strangers_after() -> None:
    words = in_order(pd.Series(["z", "final", "initial", "a"]), ["initial", "final"])
    assert words.sort_values().tolist() == ["initial", "final", "a", "z"]
