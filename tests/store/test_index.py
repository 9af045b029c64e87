"""The index of a folder of runs spares reading them, and is never believed over them."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from geomgen.store import index, summary
from geomgen.store.catalog import runs, summaries
from geomgen.store.index import NAME
from geomgen.store.leftovers import leftovers, remove
from geomgen.store.run import Run
from geomgen.store.summary import Summary, summarise
from geomgen.store.verify import verify
from tests.report.made_up_runs import RunMaker


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take for settled what has just been written: every change below is seen by more than its time."""
    monkeypatch.setattr(index, "SETTLED_NS", -(10**12))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make = RunMaker(tmp_path / "runs")
    make(epochs_done=1, seed=1)
    make(epochs_done=1, seed=2, status="failed")
    make(seed=3, status="unfinished")
    return make.root


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs that were read from their own files, in order."""
    names: list[str] = []

    def told(path: Path) -> Summary:
        names.append(path.name)
        return summarise(path)

    monkeypatch.setattr(index, "summarise", told)
    return names


def _fresh(root: Path) -> list[Summary]:
    return [summarise(run.path) for run in runs(root)]


def test_summaries_say_what_the_runs_say_and_are_read_once(root: Path, read: list[str]) -> None:
    found = summaries(root)
    assert found == _fresh(root)
    assert [(one.status, one.tables) for one in found] == [
        ("complete", ["training"]), ("failed", ["training"]), ("unfinished", []),
    ]  # fmt: skip
    assert len(read) == 3
    assert summaries(root) == found
    assert len(read) == 3


def _finish(run: Run) -> None:
    run.finish("interrupted", "stopped")


def _add_table(run: Run) -> None:
    shutil.copy(run.table_path("training"), run.table_path("other"))


def _replace_by_equal_size(run: Run) -> None:
    """Leave size and time as they were: the inode and the time of the change are all that tells."""
    path = run.path / "manifest.json"
    content, known = path.read_bytes(), path.stat()
    path.unlink()
    path.write_bytes(content.replace(b"complete", b"damaged!"))
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))


def _rename(run: Run) -> None:
    run.path.rename(run.path.with_name("0009-renamed"))


@pytest.mark.parametrize(
    "change",
    [
        _finish, _add_table, _replace_by_equal_size, _rename, Run.reopen,
        lambda run: shutil.rmtree(run.path),
        lambda run: (run.path / "config.json").unlink(),
        lambda run: (run.path / "config.json").write_text("{}"),
    ],
)  # fmt: skip
def test_whatever_changes_is_read_anew(root: Path, read: list[str], change: Callable[[Run], object]) -> None:
    summaries(root)
    read.clear()
    change(runs(root)[0])
    assert summaries(root) == _fresh(root)
    assert len(read) <= 1


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff" * 100, b'{"form": 1}', b"[]\n[]"])
def test_an_index_that_is_damaged_or_foreign_is_ignored_and_written_anew(
    root: Path, read: list[str], content: bytes
) -> None:
    found, path = summaries(root), root / NAME
    whole = path.read_bytes()
    path.write_bytes(content)
    assert summaries(root) == found
    assert path.read_bytes() == whole
    assert len(read) == 6


def test_a_flipped_bit_of_an_index_is_not_believed(root: Path) -> None:
    found, path = summaries(root), root / NAME
    content = bytearray(path.read_bytes())
    content[content.index(b'"seed": 1') + 8] ^= 1
    path.write_bytes(content)
    assert summaries(root) == found


def test_an_index_of_another_form_is_ignored(root: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    summaries(root)
    monkeypatch.setattr(index, "FORM", [0, 0])
    summaries(root)
    assert len(read) == 6


def test_what_has_changed_just_now_is_not_kept(root: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "SETTLED_NS", 10**12)
    assert summaries(root) == summaries(root)
    assert len(read) == 6
    assert not (root / NAME).exists()


def test_it_is_written_only_when_enough_is_new(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summaries(root)
    before = (root / NAME).stat().st_ino
    summaries(root)
    _finish(runs(root)[2])
    monkeypatch.setattr(index, "STALE_SHARE", 2)
    summaries(root)
    assert (root / NAME).stat().st_ino == before
    monkeypatch.setattr(index, "STALE_SHARE", 20)
    summaries(root)
    assert (root / NAME).stat().st_ino != before


def test_a_damaged_run_is_named_and_not_kept(root: Path, read: list[str]) -> None:
    first = runs(root)[0]
    (first.path / "config.json").write_text("{}")
    for _ in range(2):
        assert [one.status for one in summaries(root)] == ["damaged", "failed", "unfinished"]
    assert read.count(first.id) == 2


def test_a_disk_that_refuses_is_no_matter(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("geomgen.store.files.sync", refuse)
    assert len(summaries(root)) == 3
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


def test_nothing_is_written_where_there_are_no_runs(tmp_path: Path) -> None:
    assert summaries(tmp_path) == summaries(tmp_path / "none") == []
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_run_is_read_through(root: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    first = runs(root)[0]
    (tmp_path / "links" / "a-link").symlink_to(first.path)
    (found,) = summaries(tmp_path / "links")
    assert (found.path.name, found.id) == ("a-link", first.id)
    assert not (tmp_path / "links" / NAME).exists()


def test_many_writers_at_once_leave_a_whole_index(root: Path, read: list[str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: summaries(root), range(24)))
    assert found == [_fresh(root)] * 24
    read.clear()
    assert summaries(root) == found[0]
    assert read == []


def test_verify_and_gc_leave_the_index_alone(root: Path) -> None:
    summaries(root)
    (root / NAME).write_bytes(b"nonsense")
    assert [found.status for found in verify(runs(root), progress=lambda *_: None)] == [
        "complete", "failed", "unfinished",
    ]  # fmt: skip
    remove(root, leftovers(root, oldest_change_s=0))
    assert (root / NAME).read_bytes() == b"nonsense"


def test_the_time_of_a_run_is_known_from_its_summary(root: Path) -> None:
    made = runs(root)[0]
    assert summary.summarise(made.path).created == made.created is not None
    renamed = made.path.rename(root / "renamed")
    assert summary.summarise(renamed).created == Run(renamed).created is not None
