"""A run directory: what it holds, what it refuses, and what a crash leaves of it."""

import contextlib
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Self

import pytest
import torch

from geomgen import open_run, runs
from geomgen.errors import DataError, DiskError, UsageError
from geomgen.fields import column
from geomgen.store.catalog import find_run
from geomgen.store.files import write_json
from geomgen.store.layout import MANIFEST
from geomgen.store.manifest import Manifest
from geomgen.store.run import Run, create_run


@dataclass(frozen=True)
class Row:
    """A row of columns."""

    layer: str = column("Layer.", key=True)
    value: float = column("Value.", "nats")


CONFIG = {"arch": "mlp", "width": 4, "seed": 0}


def _new(root: Path) -> Run:
    return create_run(root, "train", "mlp-w4-s0", CONFIG, {"layers": ["output"]})


@pytest.fixture
def finished(tmp_path: Path) -> Run:
    run = _new(tmp_path / "runs")
    run.save_state("final", {"w": torch.arange(50.0)}, {"step": 1})
    run.add_rows("made_up", [Row("a", 1.0)])
    run.log("done")
    run.finish("complete")
    return run


def test_a_new_run_is_unfinished_and_describes_itself(tmp_path: Path) -> None:
    run = _new(tmp_path)
    assert run.status == "unfinished"
    assert run.config == CONFIG
    assert run.experiment == "train"
    assert set(run.environment) >= {"packages", "commit", "dirty", "cores"}
    assert run.id.endswith(run.path.name)


def test_a_finished_run_reads_back(finished: Run) -> None:
    run = open_run(finished.path)
    assert (run.status, run.tables, run.states) == ("complete", ["made_up"], ["final"])
    frame = run.table("made_up")
    assert frame.to_dict("records") == [
        {"run_id": run.id, "seed": 0, "arch": "mlp", "width": 4, "layer": "a", "value": 1.0}
    ]
    assert frame.attrs["columns"]["value"]["unit"] == "nats"
    assert torch.equal(run.checkpoint("final").tensors["w"], torch.arange(50.0))


def test_rows_are_added_to_a_finished_run_and_the_manifest_follows(finished: Run) -> None:
    finished.add_rows("volume", [Row("a", 1.0), Row("b", 2.0)], {"experiment": "volume", "config": {}})
    finished.add_rows("volume", [Row("b", 3.0)], {"experiment": "volume", "config": {}})
    assert finished.table("volume")["value"].tolist() == [1.0, 3.0]
    (measure,) = finished.measures
    assert (measure["experiment"], measure["config"]) == ("volume", {})
    assert set(measure) == {"experiment", "config", "commit", "dirty"}
    assert finished.manifest is not None
    assert "tables/volume.parquet" in finished.manifest.files


class CrashError(BaseException):
    """The process dies here."""


def _crash_at_rename(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    count, replace = 0, Path.replace

    def crash(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == number:
            raise CrashError
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", crash)


@pytest.mark.parametrize("first", range(1, 6))
@pytest.mark.parametrize("second", range(1, 6))
def test_crashes_at_any_two_renames_leave_a_sound_run(
    finished: Run, monkeypatch: pytest.MonkeyPatch, first: int, second: int
) -> None:
    finished.add_rows("volume", [Row("a", 1.0)])
    for number, value in ((first, 2.0), (second, 3.0)):
        with monkeypatch.context() as patch:
            _crash_at_rename(patch, number)
            with pytest.raises(CrashError) if number < 5 else contextlib.nullcontext():
                finished.add_rows("volume", [Row("a", value)])
        assert open_run(finished.path).table("volume")["value"].tolist() in ([1.0], [2.0], [3.0])
    run = open_run(finished.path)
    run.add_rows("volume", [Row("a", 4.0)])
    assert run.table("volume")["value"].tolist() == [4.0]
    assert run.manifest is not None
    assert run.manifest.pending == {}


def _read_everything(run: Run) -> None:
    assert run.manifest
    assert run.config
    assert run.environment
    run.table("made_up")
    run.checkpoint("final")


def test_every_flipped_bit_is_found_by_whoever_reads_it(finished: Run) -> None:
    source = random.Random(1)
    for name in ("manifest.json", "config.json", "environment.json", "tables/made_up.parquet"):
        path = finished.path / name
        content = path.read_bytes()
        for _ in range(50):
            bit = source.randrange(8 * len(content))
            damaged = bytearray(content)
            damaged[bit // 8] ^= 1 << bit % 8
            path.write_bytes(damaged)
            with pytest.raises(DataError, match=path.name):
                _read_everything(open_run(finished.path))
        path.write_bytes(content)
    _read_everything(open_run(finished.path))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda run: run.table("volume"), "has no table 'volume'. It has: made_up."),
        (lambda run: run.checkpoint("initial"), "has no state 'initial'. It has: final."),
        (lambda run: open_run(run.path / "tables"), "is not a run: it has no config.json"),
    ],
)
def test_what_is_not_there_is_named(finished: Run, ask: Callable[[Run], object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        ask(finished)


def test_runs_in_the_same_second_do_not_collide(tmp_path: Path) -> None:
    assert len({_new(tmp_path).path for _ in range(8)}) == 8
    assert len(runs(tmp_path)) == 8


def test_the_latest_run_is_the_last_one_made_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        """A clock that goes back by an hour every time that it is looked at."""

        oclock = 20

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            cls.oclock -= 1
            return cls(2026, 11, 21, cls.oclock, tzinfo=tz)

    monkeypatch.setattr("geomgen.store.layout.datetime", Clock)
    made = [_new(tmp_path).id for _ in range(4)]
    assert [run.id for run in runs(tmp_path)] == made == sorted(made)
    assert find_run("latest", tmp_path).id == made[-1]


def test_runs_of_one_second_are_in_the_order_in_which_they_were_made(tmp_path: Path) -> None:
    made = [create_run(tmp_path, "train", label, CONFIG, {}).id for label in "zyxabc"]
    assert [run.id for run in runs(tmp_path)] == made


def test_a_label_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    run = create_run(tmp_path / "runs", "train", "../../x y\0" + "z" * 300, CONFIG, {})
    assert run.path.parent == tmp_path / "runs"
    assert "-train-..-..-x-y-zzz" in run.id


def test_a_run_that_cannot_be_described_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(DiskError, match="No space left"):
        _new(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_its_config_is_damaged_and_not_gone(finished: Run) -> None:
    (finished.path / "config.json").unlink()
    (run,) = runs(finished.path.parent)
    with pytest.raises(DataError, match=r"config.json is damaged"):
        _ = run.config


def test_a_run_is_found_by_path_id_beginning_and_latest(tmp_path: Path) -> None:
    first = _new(tmp_path)
    for name in (str(first.path), first.id, first.id[:4], "latest"):
        assert find_run(name, tmp_path).id == first.id
    _new(tmp_path)
    with pytest.raises(UsageError, match="matches 2 runs"):
        find_run(first.id[:4], tmp_path)
    with pytest.raises(DataError, match=r"no run 'nothing' under .*geomgen ls"):
        find_run("nothing", tmp_path)
    with pytest.raises(DataError, match="is not a run"):
        find_run("../elsewhere", tmp_path)
    with pytest.raises(UsageError, match="The name of a run is empty"):
        find_run("", tmp_path)


def test_a_run_is_changed_by_one_process_at_a_time(finished: Run) -> None:
    with finished.lock(), pytest.raises(UsageError, match="in use by another process"), open_run(finished.path).lock():
        pass
    with finished.lock():
        pass


def test_only_known_statuses_are_written(finished: Run) -> None:
    with pytest.raises(ValueError, match="not a status"):
        finished.finish("perhaps")


def test_a_manifest_of_another_form_is_named(finished: Run) -> None:
    Manifest("complete", measures=()).write(finished.path)
    body = json.loads((finished.path / MANIFEST).read_text())
    del body["sha256"], body["measures"]
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    write_json(finished.path / MANIFEST, {**body, "sha256": digest})
    with pytest.raises(DataError, match=r"manifest.json has another format: 'measures'"):
        _ = finished.status


@pytest.fixture
def going_on(tmp_path: Path) -> Run:
    """A run that is unfinished, and has saved a table twice and another once."""
    run = _new(tmp_path / "runs")
    run.add_rows("made_up", [Row("a", 1.0)])
    run.add_rows("made_up", [Row("b", 2.0)])
    run.add_rows("other", [Row("a", 3.0)])
    return run


def test_every_flipped_bit_of_a_table_of_an_unfinished_run_is_found(going_on: Run) -> None:
    path = going_on.table_path("made_up")
    content, source = path.read_bytes(), random.Random(0)
    assert len(going_on.table("made_up")) == 2
    for bit in source.sample(range(8 * len(content)), 300):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"made_up.parquet is damaged"):
            going_on.table("made_up")
    path.write_bytes(content)
    assert len(going_on.table("made_up")) == 2


@pytest.mark.parametrize("killed_at", range(4))
def test_a_table_of_an_unfinished_run_is_sound_whenever_it_was_killed(
    going_on: Run, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    """Killed before the draft announces, before the table changes, before the draft settles, or not at all."""
    steps = iter(range(10))
    replace = Path.replace

    def killed(path: Path, target: Path) -> Path:
        if Path(target).name in {".manifest.json", "made_up.parquet"} and next(steps) == killed_at:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patched, contextlib.suppress(KeyboardInterrupt):
        patched.setattr(Path, "replace", killed)
        going_on.add_rows("made_up", [Row("c", 4.0)])
    assert len(open_run(going_on.path).table("made_up")) == (3 if killed_at > 1 else 2)
    going_on.add_rows("made_up", [Row("c", 5.0)])
    assert open_run(going_on.path).table("made_up")["value"].tolist() == [1.0, 2.0, 5.0]


def test_the_tables_of_an_interrupted_run_stay_guarded_when_it_goes_on(going_on: Run) -> None:
    going_on.finish("interrupted", "stopped")
    assert not (going_on.path / ".manifest.json").exists()
    going_on.reopen()
    path = going_on.table_path("other")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match=r"other.parquet is damaged"):
        going_on.table("other")


def test_a_table_without_a_draft_is_read_and_drafted_when_rows_are_added(going_on: Run) -> None:
    (going_on.path / ".manifest.json").unlink()
    assert len(going_on.table("made_up")) == 2
    going_on.add_rows("made_up", [Row("c", 4.0)])
    path = going_on.table_path("other")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match=r"other.parquet is damaged"):
        going_on.table("other")


def test_a_draft_is_no_manifest(going_on: Run) -> None:
    (going_on.path / ".manifest.json").rename(going_on.path / "manifest.json")
    with pytest.raises(DataError, match=r"the status .unfinished. is not that of manifest\.json"):
        _ = going_on.status
