"""What gc may remove: what dead processes have left, and nothing else."""

import os
import time
from pathlib import Path

import pytest

from geomgen import runs
from geomgen.store.files import TEMPORARY, temporary
from geomgen.store.leftovers import leftovers, remove
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker

LONG_AGO = time.time() - 10_000


def _age(path: Path) -> None:
    for item in (*path.rglob("*"), path):
        os.utime(item, (LONG_AGO, LONG_AGO), follow_symlinks=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A complete run, an unfinished and an interrupted one, and temporaries in every place."""
    root = tmp_path / "runs"
    make = RunMaker(root)
    for status in ("complete", "unfinished", "interrupted", "failed"):
        run = make(epochs_done=1, status=status)
        temporary(run.path / "tables" / "training.parquet").write_bytes(b"1234")
    temporary(root / "20261121T201500Z-train-x-123456").mkdir()
    (root / "report").mkdir()
    temporary(root / "report" / "training.csv").touch()
    _age(root)
    return root


def _kinds(root: Path, *, whole_runs: bool = False) -> list[str]:
    return sorted(item.kind for item in leftovers(root, oldest_change_s=3600, whole_runs=whole_runs))


def test_temporaries_go_and_all_else_stays(folder: Path) -> None:
    before = {path for path in folder.rglob("*") if not path.name.endswith(TEMPORARY)}
    found = leftovers(folder, oldest_change_s=3600)
    assert len(found) == 6
    assert sum(item.size_bytes for item in found) == 16
    assert all(item.age_s >= 9_999 for item in found)
    remove(folder, found)
    assert set(folder.rglob("*")) == before
    assert leftovers(folder, oldest_change_s=0) == []


def test_unfinished_runs_go_only_when_asked_for(folder: Path) -> None:
    remove(folder, leftovers(folder, oldest_change_s=3600, whole_runs=True))
    assert [run.status for run in runs(folder)] == ["complete", "failed"]
    assert leftovers(folder, oldest_change_s=0, whole_runs=True) == []


def test_what_is_in_a_process_s_hands_is_spared(folder: Path) -> None:
    unfinished = next(run for run in runs(folder) if run.status == "unfinished")
    with unfinished.lock():
        assert _kinds(folder, whole_runs=True) == ["interrupted", *["temporary"] * 5]
    found = leftovers(folder, oldest_change_s=3600, whole_runs=True)
    with unfinished.lock():
        remove(folder, found)
    assert Run(unfinished.path).status == "unfinished"


def test_what_has_changed_of_late_is_spared(folder: Path) -> None:
    for run in runs(folder):
        (run.path / "log.txt").write_text("now\n")
    assert _kinds(folder, whole_runs=True) == ["temporary"] * 6
    next(folder.rglob(".training.csv*")).touch()
    assert _kinds(folder) == ["temporary"] * 5


def test_links_are_neither_followed_nor_removed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    temporary(outside / "x.csv").touch()
    unfinished = RunMaker(outside)(status="unfinished")
    _age(outside)
    (folder / "linked").symlink_to(outside)
    (folder / "linked-run").symlink_to(unfinished.path)
    temporary(folder / "linked-file").symlink_to(outside)
    there = set(outside.rglob("*"))
    remove(folder, leftovers(folder, oldest_change_s=0, whole_runs=True))
    assert set(outside.rglob("*")) == there
    assert (folder / "linked").is_symlink()


def test_a_run_that_holds_a_link_goes_without_what_it_leads_to(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.touch()
    unfinished = next(run for run in runs(folder) if run.status == "unfinished")
    (unfinished.path / "link").symlink_to(kept)
    remove(folder, leftovers(folder, oldest_change_s=0, whole_runs=True))
    assert kept.exists()
    assert not unfinished.path.exists()


def test_a_clock_that_was_set_back_makes_nothing_old(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: LONG_AGO - 5000)
    assert leftovers(folder, oldest_change_s=3600, whole_runs=True) == []
