"""Means, spreads and ratios by hand, and what never shares a mean."""

import json
import math
from typing import Any

import pandas as pd
import pytest

from geomgen.errors import DataError
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.formats import render
from geomgen.report.reports import REPORTS
from geomgen.report.width_logdet import CELLS, published_table
from geomgen.store.run import Run
from tests.report.made_up_runs import FACTS, RunMaker, volume_row

SIX = dict(zip(CELLS.values(), [10.0, 20.0, 30.0, 40.0, 50.0, 60.0], strict=True))


def report(*runs: Run, compare: str | None = None) -> MadeReport:
    return REPORTS["width-logdet"].build(RunTables(runs), compare=compare)


def shifted(shift: float) -> dict[tuple[str, str], float]:
    return {key: value + shift for key, value in SIX.items()}


def test_one_run_has_values_and_no_spread(make_run: RunMaker) -> None:
    made = report(make_run(SIX, width=64))
    spreads = [f"{name}_std" for name in CELLS]
    assert list(made.main.frame) == ["hidden", *CELLS, "seeds", *spreads]
    assert made.main.frame[["hidden", *CELLS, "seeds"]].iloc[0].tolist() == [64, 10, 20, 30, 40, 50, 60, 1]
    assert made.main.frame[spreads].isna().all(axis=None)
    assert made.main.layout["initial\ncontrol"].tolist() == ["20"]


def test_mean_and_sample_spread_over_seeds(make_run: RunMaker) -> None:
    made = report(*(make_run(shifted(shift), width=64, seed=seed) for seed, shift in enumerate([0, 1, 5])))
    row = made.main.frame.iloc[0]
    assert (row["initial"], row["trained_permuted_pixels"], row["seeds"]) == (12, 62, 3)
    assert row["initial_std"] == pytest.approx(math.sqrt((2**2 + 1 + 3**2) / 2))
    assert made.main.layout["initial"].tolist() == ["12 ± 3"]
    assert made.notes == ()


def test_sorted_by_width(make_run: RunMaker) -> None:
    made = report(*(make_run(SIX, width=width) for width in (128, 1024, 64)))
    assert made.main.frame["hidden"].tolist() == [64, 128, 1024]


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("epochs", (1, 10)), ("lr", (0.001, 0.1)), ("train_size", (None, 500)), ("layer_norm", (False, True)),
        ("depth", (2, 3)), ("optimizer", ("adam", "adamw")), ("data", ("fashion", "mnist")),
        ("precision", ("bf16", "fp32")),
    ],
)  # fmt: skip
def test_different_experiments_share_no_mean(make_run: RunMaker, option: str, values: tuple[Any, Any]) -> None:
    facts = [{**FACTS, "data_sha256": str(value)} if option == "data" else FACTS for value in values]
    runs = [
        make_run(shifted(index), width=64, facts=facts[index], **{option: value}) for index, value in enumerate(values)
    ]
    frame = report(*runs).main.frame
    assert frame.columns[1] == option
    found = {None if pd.isna(key) else key: value for key, value in zip(frame[option], frame["initial"], strict=True)}
    assert found == dict(zip(values, [10.0, 11.0], strict=True))


def test_options_keep_their_type(make_run: RunMaker) -> None:
    made = report(make_run(SIX, width=64), make_run(SIX, width=64, train_size=500, layer_norm=True))
    found = [(row["layer_norm"], row["train_size"]) for row in json.loads(render(made.main, "json"))]
    assert repr(found) == "[(False, None), (True, 500)]"


def test_other_data_under_the_same_name_share_no_mean(make_run: RunMaker) -> None:
    other = FACTS | {"data_sha256": "fedcba9876543210"}
    frame = report(make_run(SIX, width=64), make_run(SIX, width=64, facts=other)).main.frame
    assert frame["data_sha256"].tolist() == ["abcdef012345", "fedcba987654"]


def test_machine_options_make_no_column(make_run: RunMaker) -> None:
    frame = report(make_run(SIX, seed=0), make_run(SIX, seed=1, checkpoint_every=2, track_every=5)).main.frame
    assert frame["seeds"].tolist() == [2]


def test_latest_of_a_rerun_counts(make_run: RunMaker) -> None:
    earlier, later = make_run(SIX, width=64), make_run(shifted(2), width=64)
    made = report(later, earlier, later)
    assert made.main.frame[["initial", "seeds"]].to_numpy().tolist() == [[12, 1]]
    assert made.notes == (f"{earlier.id} is left out: a later run has the same options and seed.",)


def test_a_gap_is_null_and_noted(make_run: RunMaker) -> None:
    run = make_run({("initial", "data"): 10.0}, width=128)
    made = report(run, compare="published")
    assert made.main.frame["trained"].isna().all()
    assert made.main.frame["trained_ratio"].isna().all()
    assert made.main.layout["trained"].tolist() == ["-", "759", "-"]
    assert "only partly measured: it has no initial_control, initial_permuted_pixels, trained" in made.notes[0]


def test_only_the_published_layer_site_and_rule_count(make_run: RunMaker) -> None:
    others = [
        volume_row("initial", "data", 99.0, **changed)
        for changed in ({"layer": "hidden1"}, {"site": "post"}, {"rule": "full"})
    ]
    others += [volume_row("step-000010", "data", 99.0), volume_row("initial", "control-units", 99.0)]
    assert report(make_run(SIX, rows=others)).main.frame["initial"].tolist() == [10]


def test_ratio_to_the_published_value(make_run: RunMaker) -> None:
    made = report(make_run(SIX, width=128), make_run(SIX, width=64), compare="published")
    known = made.main.frame.set_index("hidden")
    assert (known.loc[128, "initial_published"], known.loc[128, "trained_control_published"]) == (219, 1372)
    assert known.loc[128, "initial_ratio"] == 10 / 219
    assert known.loc[64, [f"{name}_{kind}" for name in CELLS for kind in ("published", "ratio")]].isna().all()
    assert made.main.layout["hidden"].tolist() == ["64", "", "", "128", "", ""]
    assert made.main.layout["initial"].tolist() == ["10", "-", "-", "10", "219", "0.046"]


def test_comparison_says_where_the_protocol_differs(make_run: RunMaker) -> None:
    made = report(make_run(SIX, epochs=1), make_run(SIX, epochs=1, lr=0.1), compare="published")
    assert made.notes == (
        "The published table is for epochs 10; these runs have 1.",
        "The published table is for lr 0.001; these runs have 0.001, 0.1.",
    )


def test_comparison_is_of_the_published_protocol_where_there_is_one(make_run: RunMaker) -> None:
    runs = [make_run(SIX, width=128), make_run(shifted(1), width=128, weight_decay=0.1)]
    made = report(*runs, compare="published")
    assert made.main.frame["initial"].tolist() == [10]
    assert made.notes == ("Left out because their protocol differs: 1 of the runs.",)
    assert report(*runs).main.frame["initial"].tolist() == [10, 11]


def test_unfinished_and_unmeasured_runs_are_noted(make_run: RunMaker) -> None:
    measured, bare = make_run(SIX), make_run(epochs_done=1)
    states = [make_run(SIX, status=status) for status in ("unfinished", "failed", "interrupted")]
    made = report(measured, bare, *states)
    assert made.main.frame["seeds"].tolist() == [1]
    assert made.notes == (
        f"{bare.id} is left out: no table 'activation_volume'.",
        *(f"{run.id} is left out: {run.status}." for run in states),
    )


def test_nothing_to_report(make_run: RunMaker) -> None:
    with pytest.raises(DataError, match=r"No complete run, of 0 in all, has a table .* geomgen volume RUN"):
        report()
    with pytest.raises(DataError, match=r"No run has log determinant of activations.* geomgen volume RUN"):
        report(make_run(rows=[volume_row("initial", "data", 1.0, site="post")]))


def test_a_damaged_run_is_named(make_run: RunMaker) -> None:
    sound, damaged = make_run(SIX), make_run(SIX, seed=1)
    path = damaged.path / "tables" / "activation_volume.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=rf"{damaged.id}.*is damaged"):
        report(sound, damaged)


def test_published_table_is_whole() -> None:
    table = published_table()
    assert (list(table), table.shape) == (["hidden", *CELLS], (9, 7))
    assert table.iloc[-1].tolist() == [8192, 5566, 22233, 5552, 3101, 66665, 2925]
