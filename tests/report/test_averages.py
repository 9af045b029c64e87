"""What shares a mean, how settings are told apart, and which of them a figure shows."""

import math
from typing import Any

import pandas as pd
import pytest

from geomgen.report.averages import averaged, in_counting_order, in_order, label, largest_group, network, split, unusual
from geomgen.report.collect import RunTables
from tests.report.made_up_runs import RunMaker


def _rows(make_run: RunMaker, *options: dict[str, Any]) -> pd.DataFrame:
    runs = [make_run(epochs_done=1, **changed) for changed in options]
    return RunTables(runs).collect("training", "").latest.frame


def _group(rows: pd.DataFrame, *free: str) -> tuple[list[float], list[str]]:
    """Return the learning rates of the largest group of runs, and the notes."""
    chosen, notes = largest_group(rows, *free)
    return chosen["lr"].tolist(), notes


def test_mean_and_spread_over_seeds_by_hand(make_run: RunMaker) -> None:
    rows = _rows(make_run, *({"width": width, "seed": seed} for width, seed in ((2, 0), (1, 0), (1, 1), (1, 2))))
    frame = averaged(rows.assign(value=[5.0, 1.0, 2.0, 6.0]), ["width"], ["value"])
    assert frame[["width", "value", "seeds"]].to_numpy().tolist() == [[1, 3, 3], [2, 5, 1]]
    assert frame["value_std"].tolist() == pytest.approx([math.sqrt(7), math.nan], nan_ok=True)


def test_a_mean_of_fewer_seeds_than_its_row_has_their_number(make_run: RunMaker) -> None:
    rows = _rows(make_run, *({"width": width, "seed": seed} for width in (1, 2, 3) for seed in (0, 1)))
    rows = rows.assign(all=1.0, none=math.nan, some=[1.0, 2.0, 3.0, math.nan, math.nan, math.nan])
    frame = averaged(rows.astype({"none": float}), ["width"], ["all", "none", "some"])
    assert list(frame.filter(like="_seeds")) == ["some_seeds"]
    assert frame[["seeds", "some_seeds"]].to_numpy().tolist() == [[2, 2], [2, 1], [2, 0]]


def test_an_unknown_seed_is_one_seed(make_run: RunMaker) -> None:
    rows = _rows(make_run, {"width": 1}, {"width": 2}).assign(seed=math.nan, value=[1.0, 2.0])
    assert averaged(rows, ["width"], ["value"])["seeds"].tolist() == [1, 1]


def test_settings_share_no_mean_and_options_keep_their_type(make_run: RunMaker) -> None:
    rows = _rows(make_run, {"train_size": 500}, {"train_size": 500, "seed": 1}, {})
    frame = averaged(rows.assign(value=[1.0, 3.0, 7.0]), ["width"], ["value"])
    found = sorted(zip(frame["value"], frame["seeds"], map(repr, frame["train_size"]), strict=True))
    assert found == [(2, 2, "500"), (7, 1, "None")]


def test_a_seed_has_one_row_of_each_key(make_run: RunMaker) -> None:
    rows = _rows(make_run, {}, {"seed": 1})
    with pytest.raises(ValueError, match="epoch do not distinguish the rows of a seed"):
        averaged(pd.concat([rows, rows]), ["epoch"], ["test_loss_nats"])


def test_each_setting_has_its_part_and_its_label(make_run: RunMaker) -> None:
    rows = _rows(make_run, {"lr": 0.1}, {"lr": 0.2}, {"lr": 0.1, "seed": 1, "epochs": 3}, {"lr": 0.1, "seed": 1})
    assert [(words, len(part)) for words, part in split(rows)] == [
        ("epochs 10, lr 0.1", 2),
        ("epochs 10, lr 0.2", 1),
        ("epochs 3, lr 0.1", 1),
    ]
    assert [(words, len(part)) for words, part in split(rows, "lr")] == [("epochs 10", 3), ("epochs 3", 1)]
    assert [words for words, _ in split(rows[rows["lr"] == 0.2])] == [""]


def test_an_architectures_own_defaults_are_no_difference_along_architectures(make_run: RunMaker) -> None:
    rows = _rows(make_run, {"arch": "mlp"}, {"arch": "transformer"}, {"arch": "mlp", "depth": 3})
    parts = {words: part["arch"].tolist() for words, part in split(rows, "arch")}
    assert parts == {"depth default": ["mlp", "transformer"], "depth 3": ["mlp"]}


def test_the_largest_group_is_kept_and_of_equals_the_latest(make_run: RunMaker) -> None:
    few, many = {"lr": 0.1}, {"lr": 0.2}
    assert _group(_rows(make_run, many, many | {"seed": 1}, few)) == (
        [0.2, 0.2],
        ["Only the runs with lr 0.2 are shown; 1 with other options are not."],
    )
    assert _group(_rows(make_run, many, few))[0] == [0.1]
    assert _group(_rows(make_run, {"seed": 0}, {"seed": 1})) == ([0.001, 0.001], [])


def test_a_group_that_goes_through_more_of_a_free_option_wins(make_run: RunMaker) -> None:
    many = ({"lr": 0.2, "epochs": 1, "seed": seed} for seed in range(3))
    rows = _rows(make_run, {"lr": 0.1, "epochs": 1}, {"lr": 0.1, "epochs": 2}, *many)
    assert set(_group(rows, "epochs")[0]) == {0.1}


def test_options_in_words_are_exact(make_run: RunMaker) -> None:
    assert label(["batch_size", "lr"], {"batch_size": 64, "lr": 1e-3}) == "batch size 64, lr 0.001"
    assert label(["lr"], {"lr": 0.12345678}) == "lr 0.12345678"
    assert label(["lr", "bandwidth"], {"lr": 0.5, "bandwidth": None}) == "lr 0.5"
    assert label(["bandwidth"], {"bandwidth": math.nan}) == "no bandwidth"
    assert label([], {}) == ""
    run = make_run(arch="lenet5", lr=0.1).config
    assert unusual(["arch", "depth", "lr", "epochs"], run) == "lr 0.1"
    assert network(["arch", "lr"], run) == "lenet5, width 84, lr 0.1"
    assert network(["arch"], run, sized=False) == "lenet5"


def test_numbers_in_words_sort_as_numbers(make_run: RunMaker) -> None:
    words = pd.Series(["160", None, "20,40", "20,5", "relu", "1280"])
    assert in_counting_order(words).sort_values().dropna().tolist() == ["20,5", "20,40", "160", "1280", "relu"]
    assert in_counting_order(pd.Series([10, 9])).sort_values().tolist() == [9, 10]
    rows = _rows(make_run, *({"init": init} for init in ("scaled:10", "scaled:2", "he")))
    frame = averaged(rows.assign(value=1.0), [], ["value"])
    assert frame["init"].tolist() == ["he", "scaled:2", "scaled:10"]


def test_words_sort_as_asked_and_strangers_after() -> None:
    words = in_order(pd.Series(["z", "final", "initial", "a"]), ["initial", "final"])
    assert words.sort_values().tolist() == ["initial", "final", "a", "z"]
