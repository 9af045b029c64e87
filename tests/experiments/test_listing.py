"""Runs as rows, a damaged one too, and all there is to know of one."""

from pathlib import Path

import pytest

from geomgen.errors import UsageError
from geomgen.experiments.listing import COLUMNS, chosen_runs, description, findings, listing, removable
from geomgen.experiments.run_filter import Where
from geomgen.store.leftovers import leftovers
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    return RunMaker(tmp_path)


def test_a_row_a_run_and_a_damaged_one_says_so(make_run: RunMaker) -> None:
    whole, damaged = make_run(epochs_done=1, width=7, seed=3), make_run()
    (damaged.path / "config.json").write_text("{")
    frame = listing(make_run.root)
    assert tuple(frame) == COLUMNS
    assert frame.iloc[0].tolist() == [whole.id, "complete", "train", "mlp", 7, 3, 10, "training"]
    assert frame["status"].tolist() == ["complete", "damaged"]


def test_what_a_condition_names_becomes_a_column(make_run: RunMaker) -> None:
    for lr in (0.1, 0.2):
        make_run(epochs_done=1, lr=lr)
    frame = listing(make_run.root, Where("lr > 0.15"))
    assert frame["lr"].tolist() == [0.2]
    with pytest.raises(UsageError, match="widht"):
        listing(make_run.root, Where("widht > 1"))


def test_a_condition_chooses_runs(make_run: RunMaker) -> None:
    few, many = (make_run(epochs_done=1, lr=lr) for lr in (0.1, 0.2))
    assert [run.id for run in chosen_runs(make_run.root)] == [few.id, many.id]
    assert [run.id for run in chosen_runs(make_run.root, Where("lr > 0.15"))] == [many.id]
    with pytest.raises(UsageError, match="widht"):
        chosen_runs(make_run.root, Where("widht > 1"))


def test_a_folder_that_is_not_called_as_its_run_is_shown_beside_it(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1) for _ in range(2)]
    (make_run.root / "mine").symlink_to(runs[0].path)
    assert tuple(listing(make_run.root)) == COLUMNS
    other = make_run.root.parent / "elsewhere"
    runs[0].path.rename(other)
    (make_run.root / "mine").unlink()
    (make_run.root / "mine").symlink_to(other)
    folders = listing(make_run.root).set_index("run_id")["folder"].to_dict()
    assert folders == {Run(other).id: "mine", runs[1].id: runs[1].path.name}


def test_without_runs_there_are_columns_and_no_rows(tmp_path: Path) -> None:
    assert listing(tmp_path / "none").shape == (0, len(COLUMNS))


def test_a_description_counts_rows_and_names_commands(make_run: RunMaker) -> None:
    found = description(make_run(epochs_done=2, width=7))
    assert found["tables"] == {"training": {"rows": 2}}
    assert found["commands"] == ["geomgen train --width 7 --seed 0"]
    assert (found["status"], found["states"], found["measures"]) == ("complete", [], [])


def test_what_verify_and_gc_find_are_rows(make_run: RunMaker) -> None:
    run = make_run(epochs_done=1)
    assert findings([run])["problem"].tolist() == [""]
    assert removable(leftovers(make_run.root, oldest_change_s=0)).empty
