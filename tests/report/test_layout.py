"""Tables for people: rounded means beside their spreads, and everything else in full."""

import math
from typing import Any

import pandas as pd
import pytest

from geomgen.report.collect import RunTables
from geomgen.report.layout import MOST_OPTIONS, averaged_table, laid_out, listed, listed_table
from tests.report.made_up_runs import RunMaker


def test_means_stand_beside_their_spreads_and_one_seed_alone() -> None:
    frame = pd.DataFrame({"lr": [0.1, 0.123456789], "loss": [1.0, 2.0], "seeds": [2, 1], "loss_std": [0.25, math.nan]})
    assert laid_out(frame, {"loss": ".1f"}).to_dict("list") == {
        "lr": ["0.1", "0.123456789"],
        "loss": ["1.0 ± 0.2", "2.0"],
        "seeds": ["2", "1"],
    }


def test_a_mean_of_fewer_seeds_than_its_row_says_so() -> None:
    frame = pd.DataFrame({
        "loss": [1.0, 2.0, math.nan],
        "loss_std": [0.25, math.nan, math.nan],
        "loss_seeds": [2, 1, 0],
    })
    cells = laid_out(frame.assign(seeds=2), {"loss": ".1f"})
    assert cells.to_dict("list") == {"loss": ["1.0 ± 0.2", "2.0 (n=1)", "-"], "seeds": ["2"] * 3}


def test_only_the_spread_of_a_column_is_hidden_and_the_run_is() -> None:
    frame = pd.DataFrame({"run_id": ["a"], "std": [0.5], "std_std": [0.1], "expected_std": [0.25], "no_loss": [None]})
    assert laid_out(frame, {"std": ".2f"}).to_dict("list") == {
        "std": ["0.50 ± 0.10"],
        "expected\nstd": ["0.25"],
        "no\nloss": ["-"],
    }
    assert laid_out(frame[:0], {}).columns.tolist() == ["std", "expected\nstd", "no\nloss"]


def test_an_interval_stands_beside_its_number_if_there_is_one() -> None:
    frame = pd.DataFrame({"median": [1.0, 2.0], "median_low": [0.5, math.nan], "median_high": [3.25, math.nan]})
    assert laid_out(frame, {"median": ".2f"}).to_dict("list") == {"median": ["1.00 [0.50, 3.25]", "2.00"]}


def test_a_table_of_runs_and_one_of_their_means(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1, lr=lr, seed=seed) for lr in (0.1, 0.2) for seed in (0, 1)]
    rows = RunTables(runs).collect("training", "").latest.frame
    one_by_one = listed(rows, ["seed"], ["test_accuracy"])
    assert list(one_by_one) == ["lr", "seed", "test_accuracy", "run_id"]
    table = listed_table("name", "Title", "Which?", one_by_one, {"test_accuracy": ".1f"})
    assert (table.name, table.title, table.question, len(table.layout)) == ("name", "Title", "Which?", 4)
    means = averaged_table("name", "Title", "Which?", rows, ["width"], {"test_accuracy": ".1f"})
    assert means.layout["test\naccuracy"].tolist() == ["0.9 ± 0.0"] * 2
    assert means.frame["lr"].tolist() == [0.1, 0.2]


MANY: tuple[dict[str, Any], ...] = (
    {}, {"lr": 0.1}, {"bias": False}, {"epochs": 3}, {"batch_size": 8}, {"train_size": 60}, {"lr": 0.1, "epochs": 3},
    {"clip_norm": 1.0, "lr": 0.1},
)  # fmt: skip


def test_many_options_are_told_in_words_and_files_have_a_column_of_each(make_run: RunMaker) -> None:
    rows = RunTables([make_run(epochs_done=1, **one) for one in MANY]).collect("training", "").latest.frame
    table = averaged_table("t", "T", "Q?", rows, ["arch", "width"], {"test_accuracy": ".2f"})
    names = {name for one in MANY for name in one}
    assert names <= set(table.frame)
    assert list(table.layout) == ["arch", "width", "setting", "test\naccuracy", "seeds"]
    assert sorted(table.layout["setting"]) == [
        "batch size 8", "bias False", "default", "epochs 3", "epochs 3, lr 0.1", "lr 0.1", "lr 0.1, clip norm 1",
        "train size 60",
    ]  # fmt: skip


@pytest.mark.parametrize("count", [MOST_OPTIONS, MOST_OPTIONS + 1])
def test_few_options_have_a_column_each(make_run: RunMaker, count: int) -> None:
    chosen = MANY[: count + 1]
    rows = RunTables([make_run(epochs_done=1, **one) for one in chosen]).collect("training", "").latest.frame
    table = averaged_table("t", "T", "Q?", rows, ["width"], {"test_accuracy": ".2f"})
    assert ("setting" in table.layout) == (count > MOST_OPTIONS)
    assert not table.layout.drop(columns="test\naccuracy").duplicated().any()


def test_keys_keep_their_columns_among_many_options(make_run: RunMaker) -> None:
    rows = RunTables([make_run(epochs_done=1, **one) for one in MANY]).collect("training", "").latest.frame
    layout = averaged_table("t", "T", "Q?", rows, ["width", "epochs"], {"test_accuracy": ".2f"}).layout
    assert {"setting", "epochs"} <= set(layout)
    assert not layout["setting"].str.contains("epochs").any()
