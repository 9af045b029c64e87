"""Tables for people: rounded means beside their spreads, and everything else in full."""

import math

import pandas as pd

from geomgen.report.collect import RunTables
from geomgen.report.layout import averaged_table, laid_out, listed, listed_table
from tests.report.made_up_runs import RunMaker


def test_means_stand_beside_their_spreads_and_one_seed_alone() -> None:
    frame = pd.DataFrame({"lr": [0.1, 0.123456789], "loss": [1.0, 2.0], "seeds": [2, 1], "loss_std": [0.25, math.nan]})
    assert laid_out(frame, {"loss": ".1f"}).to_dict("list") == {
        "lr": ["0.1", "0.123456789"],
        "loss": ["1.0 ± 0.2", "2.0"],
        "seeds": ["2", "1"],
    }


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
