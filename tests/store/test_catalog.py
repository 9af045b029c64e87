"""Runs of a folder in their order, and the one that a word stands for."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from geomgen.errors import DataError, DiskError, UsageError
from geomgen.fields import column
from geomgen.store.catalog import find_run, open_run, runs, short_ids, summaries
from geomgen.store.kind import FINISHED, WITH_NETWORK
from geomgen.store.run import Run, create_run


@dataclass(frozen=True)
class Row:
    """A row of one number."""

    count: int = column("Number.", key=True)


def test_what_is_no_run_is_passed_over(tmp_path: Path) -> None:
    made = create_run(tmp_path, "train", "x", {}, {})
    (tmp_path / "notes").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "file").write_text("")
    assert [run.id for run in runs(tmp_path)] == [made.id]
    assert runs(tmp_path / "none") == []


def test_a_folder_that_is_a_file_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="Not a directory"):
        runs(tmp_path / "file")


def test_a_whole_id_wins_over_its_beginning_in_others(tmp_path: Path) -> None:
    first = create_run(tmp_path, "train", "x", {}, {})
    longer = first.path.with_name(f"{first.id}-more")
    create_run(tmp_path, "train", "y", {}, {}).path.rename(longer)
    assert find_run(first.id, tmp_path).path == first.path
    with pytest.raises(UsageError, match=rf"'{first.id[:9]}' matches 2 runs: .*Give more of the id"):
        find_run(first.id[:9], tmp_path)


def test_a_misspelt_id_gets_a_suggestion(tmp_path: Path) -> None:
    made = create_run(tmp_path, "train", "x", {}, {})
    with pytest.raises(DataError, match=rf"There is no run 'x{made.id}' under .*Did you mean {made.id}\?"):
        find_run(f"x{made.id}", tmp_path)


def test_latest_is_the_latest_of_the_kind_that_is_meant(tmp_path: Path) -> None:
    for experiment in ("train", "regress linear", "train", "sweep"):
        run = create_run(tmp_path, experiment, "x", {}, {})
        run.save_state("final", {}, {})
        if len(runs(tmp_path)) < 3:
            run.finish("complete")
    made = runs(tmp_path)
    assert find_run("latest", tmp_path).id == made[3].id
    assert find_run("latest", tmp_path, WITH_NETWORK).id == made[0].id
    assert find_run("latest", tmp_path, FINISHED).id == made[1].id
    made[0].reopen()
    with pytest.raises(DataError, match=r"'latest' under .*: none of its 4 runs is a complete run of .*train"):
        find_run("latest", tmp_path, WITH_NETWORK)


def test_a_link_is_another_name_of_a_run_that_is_listed_once(tmp_path: Path) -> None:
    old, outside, new = (create_run(tmp_path / folder, "train", "x", {}, {}) for folder in ("runs", "other", "runs"))
    (tmp_path / "runs" / "zebra").symlink_to(old.path.name)
    (tmp_path / "runs" / "aunt").symlink_to(outside.path)
    (tmp_path / "runs" / "uncle").symlink_to(outside.path)
    (tmp_path / "runs" / "nowhere").symlink_to(tmp_path / "gone")
    root = tmp_path / "runs"
    assert [run.id for run in runs(root)] == [old.id, outside.id, new.id]
    assert [summary.id for summary in summaries(root)] == [old.id, outside.id, new.id]
    assert find_run("latest", root).id == new.id
    for name, run in (("zebra", old), (old.id, old), ("aunt", outside), ("uncle", outside), (outside.id, outside)):
        assert find_run(name, root).id == run.id
    assert find_run(old.id[:-1], root).id == old.id
    with pytest.raises(DataError, match="There is no run 'nowhere'"):
        find_run("nowhere", root)


def test_a_renamed_folder_is_found_by_either_name_and_keeps_its_place(tmp_path: Path) -> None:
    first, second = (create_run(tmp_path, "train", "x", {}, {}) for _ in range(2))
    renamed = first.path.rename(tmp_path / "zebra")
    for _ in range(2):  # the second time from the index
        assert [summary.id for summary in summaries(tmp_path)] == [first.id, second.id]
        os.utime(renamed, ns=(0, 0))
    assert [run.id for run in runs(tmp_path)] == [first.id, second.id]
    assert find_run("latest", tmp_path).id == second.id
    for name in ("zebra", "zeb", first.id, first.id[:-1], str(renamed)):
        found = find_run(name, tmp_path)
        assert (found.id, found.path) == (first.id, renamed)


def test_a_copy_beside_the_run_is_another_run(tmp_path: Path) -> None:
    run = create_run(tmp_path, "train", "x", {"seed": 0}, {})
    run.add_rows("counts", [Row(1)])
    copy = Run(shutil.copytree(run.path, tmp_path / f"{run.id} copy"))
    assert {one.id for one in runs(tmp_path)} == {run.id, f"{run.id} copy"}
    assert find_run(run.id, tmp_path).path == run.path
    copy.add_rows("counts", [Row(2)])
    rows = copy.table("counts")
    assert (rows["run_id"].tolist(), rows["count"].tolist()) == ([copy.id] * 2, [1, 2])
    shutil.rmtree(run.path)
    assert Run(copy.path).id == run.id
    assert Run(copy.path).table("counts")["run_id"].tolist() == [run.id] * 2


def test_short_ids_are_as_short_as_they_can_be_told_apart() -> None:
    first, second = "20261121T201500Z-train-mlp-w8-s0-abc123", "20261121T201500Z-train-mlp-w8-s0-abd000"
    later, beginning = "20261121T201501Z-train-mlp-w8-s0-abc123", "20261121T201501Z-train"
    assert short_ids([later, second, first]) == ["20261121T201501Z", second[:-3], first[:-3]]
    assert short_ids([later], [beginning, "notes"]) == ["20261121T201501Z-train-"]
    assert short_ids([beginning], [later]) == [beginning]
    assert short_ids([]) == []


def test_the_beginning_that_ls_shows_is_that_run(tmp_path: Path) -> None:
    made = [create_run(tmp_path, "train", "x", {}, {}) for _ in range(4)]
    for run, short in zip(made, short_ids([run.id for run in made]), strict=True):
        assert find_run(short, tmp_path).id == run.id


def test_a_path_is_opened_wherever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_run(tmp_path / "here", "train", "x", {}, {})
    assert find_run(str(made.path), tmp_path / "elsewhere").id == open_run(made.path).id == made.id
    monkeypatch.chdir(tmp_path / "here")
    assert find_run(made.id, tmp_path / "elsewhere").id == made.id
    with pytest.raises(DataError, match="is not a run"):
        open_run(tmp_path)
