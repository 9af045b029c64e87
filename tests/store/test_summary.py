"""What a run says of itself at a glance: of any status, damaged ones included, and without its tables."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from geomgen.errors import DataError
from geomgen.store.run import Run, create_run
from geomgen.store.summary import Summary, about, stamps, summarise
from tests.report.made_up_runs import FACTS, RunMaker, volume_row


@pytest.fixture
def made(tmp_path: Path) -> Run:
    """A finished run with two tables, of which one was measured since."""
    run = RunMaker(tmp_path)(epochs_done=2, width=4, seed=7)
    run.add_rows("activation_volume", [volume_row("final", "data", 1.0)], {"experiment": "volume", "config": {}})
    return run


def test_a_summary_says_what_the_run_says(made: Run) -> None:
    found = summarise(made.path)
    assert (found.path, found.id, found.status, found.experiment) == (made.path, made.id, "complete", "train")
    assert (found.config["width"], found.config["seed"], found.facts) == (4, 7, FACTS)
    assert found.tables == ["activation_volume", "training"]
    assert [measure["experiment"] for measure in found.measures] == ["volume"]
    assert datetime.fromisoformat(found.finished).tzinfo is not None
    assert found.is_sound
    assert not found.was_resumed
    assert found.run().path == made.path


def test_tables_are_not_opened(made: Run) -> None:
    expected = summarise(made.path)
    for name in made.tables:
        made.table_path(name).write_bytes(b"damaged")
    assert summarise(made.path) == expected


@pytest.mark.parametrize("status", ["failed", "interrupted", "unfinished"])
def test_a_run_that_is_not_complete(tmp_path: Path, status: str) -> None:
    found = summarise(RunMaker(tmp_path)(epochs_done=1, status=status).path)
    assert (found.status, found.tables, found.measures) == (status, ["training"], [])
    assert bool(found.finished) is (status != "unfinished")


def test_a_complete_run_that_was_interrupted_on_the_way_says_so(tmp_path: Path) -> None:
    run = RunMaker(tmp_path)(epochs_done=1, status="unfinished")
    run.log("resumed")
    assert not summarise(run.path).was_resumed
    run.finish("complete")
    assert summarise(run.path).was_resumed is run.was_resumed is True


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"experiment": 3'])
def test_of_a_damaged_run_nothing_else_is_known(made: Run, content: str) -> None:
    (made.path / "config.json").write_text(content)
    found = summarise(made.path)
    assert found == Summary(made.path, made.id, "damaged")
    assert not found.is_sound


def test_what_the_disk_does_not_give_is_unreadable(made: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = summarise(made.path)
    assert (found.status, found.is_sound) == ("unreadable", False)


def test_a_run_that_is_gone_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone"):
        Summary(tmp_path / "gone", "gone", "complete").run()


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("20261121T201500Z-train-x", datetime(2026, 11, 21, 20, 15, tzinfo=UTC)),
        ("20261121T201500Z", datetime(2026, 11, 21, 20, 15, tzinfo=UTC)),
        ("20261321T201500Z-train", None),
        ("mine", None),
    ],
)
def test_when_a_run_was_made_stands_in_its_name(name: str, moment: datetime | None) -> None:
    assert Summary(Path(name), name, "complete").created == moment


def test_all_but_the_place_makes_the_journey_through_json(made: Run) -> None:
    found = summarise(made.path)
    entry = json.loads(json.dumps(about(found)))
    assert not {"path", "id"} & entry.keys()
    assert Summary(found.path, found.id, **entry) == found
    assert replace(found, path=Path("elsewhere")) == Summary(Path("elsewhere"), found.id, **entry)


def _touch(run: Run) -> None:
    os.utime(run.path / "config.json", ns=(0, 0))


def _measure(run: Run) -> None:
    run.add_rows("layer_statistics", [volume_row("final", "data", 1.0)])


@pytest.mark.parametrize(
    "change", [_touch, _measure, Run.reopen, lambda run: (run.path / "manifest.json").unlink()]
)  # fmt: skip
def test_stamps_change_with_whatever_a_summary_is_made_from(made: Run, change: Callable[[Run], object]) -> None:
    before = stamps(made.path)
    assert stamps(made.path) == before
    change(made)
    assert stamps(made.path) != before


def test_what_is_not_there_has_no_stamp(tmp_path: Path) -> None:
    assert stamps(tmp_path) == [None, None, None]
    run = create_run(tmp_path, "train", "x", {}, {})
    assert [stamp is None for stamp in stamps(run.path)][:2] == [False, True]
