"""TensorBoard and MLflow read what a run recorded, and a missing extra is named."""

import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from geomgen.errors import UsageError
from geomgen.experiments.export import export
from geomgen.experiments.export_services import DATABASE, EVENTS, points
from geomgen.fields import column
from geomgen.store.run import Run, create_run
from tests.report.made_up_runs import training_row


@dataclass(frozen=True)
class Row:
    """A row of columns."""

    word: str = column("Word.", key=True)
    count: int = column("Count.")


@dataclass(frozen=True)
class WiderRow(Row):
    """A row with one column more."""

    extra: int = column("More.")


def _made(root: Path, seed: int = 0, status: str = "complete") -> Run:
    run = create_run(root, "train", "x", {"arch": "mlp", "width": 4, "seed": seed, "lr": 0.1 + 0.2, "data": "a'b"}, {})
    run.add_rows("training", [training_row(epoch, 1 / (3 + seed + epoch)) for epoch in (2, 1)])
    run.add_rows("counts", [Row("=1+1", 2**53 + 1)] if seed == 0 else [WiderRow("b", 2, 2**53 + 1)])
    if status:
        run.finish(status)
    return run


def test_tensorboard_reads_each_runs_training(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the extra 'tensorboard' is not installed")
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    runs = [_made(tmp_path / "runs", seed) for seed in (0, 1)]
    files = export(runs, "tensorboard", tmp_path / "out")
    assert files == [tmp_path / "out" / run.id / EVENTS for run in runs]
    for run, file in zip(runs, files, strict=True):
        events = list(EventFileLoader(str(file)).Load())[1:]
        read = {
            (event.step, event.wall_time, value.tag): value.tensor.float_val[0]
            for event in events
            for value in event.summary.value
        }
        assert read == {
            (point.epoch, point.time_s, f"training/{name}"): pytest.approx(value, rel=2**-24)
            for point in points(run)
            for name, value in point.values.items()
        }


@pytest.mark.slow
def test_mlflow_reads_options_and_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="the extra 'mlflow' is not installed")
    pytest.importorskip("alembic", reason="the extra 'mlflow' is not installed")
    monkeypatch.chdir(tmp_path)
    runs = [_made(tmp_path / "runs", 0), _made(tmp_path / "runs", 1, "interrupted")]
    (file,) = export(runs, "mlflow", tmp_path / "out")
    with closing(sqlite3.connect(file)) as database:
        names = dict(database.execute("SELECT run_uuid, name FROM runs").fetchall())
        status = dict(database.execute("SELECT name, status FROM runs").fetchall())
        options = {
            (names[run], key): value for run, key, value in database.execute("SELECT run_uuid, key, value FROM params")
        }
        metrics = {
            (names[run], step, key): value
            for run, step, key, value in database.execute("SELECT run_uuid, step, key, value FROM metrics")
        }
    assert status == {runs[0].id: "FINISHED", runs[1].id: "KILLED"}
    assert options == {(run.id, name): str(value) for run in runs for name, value in run.config.items()}
    assert metrics == {
        (run.id, point.epoch, name): value
        for run in runs
        for point in points(run)
        for name, value in point.values.items()
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "runs"]
    assert file.name == DATABASE


def test_points_are_in_order_with_what_was_measured_at_the_time_of_their_ends(tmp_path: Path) -> None:
    run = _made(tmp_path)
    start = run.created.timestamp() if run.created else None
    first, second = points(run)
    assert (first.epoch, second.epoch) == (1, 2)
    assert [first.time_s, second.time_s] == [start and start + 1.5, start and start + 3.0]
    assert first.values["test_accuracy"] == 1 / 4
    assert "epoch" not in first.values


@pytest.mark.parametrize("target", ["tensorboard", "mlflow"])
def test_a_missing_extra_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    for name in ("tensorboard.compat.proto.event_pb2", "alembic"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=rf"pip install 'geomgen\[{target}\]'"):
        export([_made(tmp_path / "runs")], target, tmp_path / "out")
