"""Trainings for experiment trackers: TensorBoard and MLflow, both optional."""

import io
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pandas as pd

from geomgen.errors import UsageError
from geomgen.store.run import Run

TABLE = "training"
EVENTS = "events.out.tfevents.geomgen"
EVENTS_VERSION = "brain.Event:2"
DATABASE = "geomgen-mlflow.db"
LARGEST_BATCH = 1000
STATUS = {"complete": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}


class Point(NamedTuple):
    """The record of one epoch of a run.

    Attributes:
        epoch: Epochs done.
        time_s: Unix time at its end: when the run was made, and the wall times of its epochs since.
        values: The numeric columns, except keys and values that were not measured.
    """

    epoch: int
    time_s: float
    values: dict[str, float]


def points(run: Run) -> list[Point]:
    """Return a run's training, epoch by epoch.

    Raises:
        DataError: If the run has no training table, or it is damaged.
    """
    frame = run.table(TABLE)
    about = frame.attrs["columns"]
    names = [str(name) for name in frame.select_dtypes("number") if not about[name]["key"]]
    frame = frame.sort_values("epoch")
    times = _start_s(run) + frame["wall_time_s"].fillna(0.0).cumsum()
    values = [{name: float(row[name]) for name in names if pd.notna(row[name])} for row in frame.to_dict("records")]
    return list(map(Point, frame["epoch"].tolist(), times.tolist(), values))


def _start_s(run: Run) -> float:
    return run.created.timestamp() if run.created else 0.0


def to_tensorboard(runs: Sequence[Run]) -> dict[str, bytes]:
    """Return an event file for each run, in a folder named by the run's id.

    Raises:
        UsageError: If TensorBoard is not installed.
        DataError: If a run has no training, or is damaged.
    """
    trainings = [points(run) for run in runs]
    with _extra("tensorboard"):
        import tensorboard.compat.proto.event_pb2  # noqa: F401
    return {f"{run.id}/{EVENTS}": _events(run, training) for run, training in zip(runs, trainings, strict=True)}


def _events(run: Run, training: Sequence[Point]) -> bytes:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    content = io.BytesIO()
    writer = RecordWriter(content)
    writer.write(Event(wall_time=_start_s(run), file_version=EVENTS_VERSION).SerializeToString())
    for point in training:
        values = [Summary.Value(tag=f"{TABLE}/{name}", simple_value=value) for name, value in point.values.items()]
        event = Event(wall_time=point.time_s, step=point.epoch, summary=Summary(value=values))
        writer.write(event.SerializeToString())
    return content.getvalue()


def to_mlflow(runs: Sequence[Run]) -> dict[str, bytes]:
    """Return a database of one MLflow run each: its options as parameters, its training as metrics by epoch.

    Raises:
        UsageError: If MLflow, or what it needs for a database, is not installed.
        DataError: If a run has no training, or is damaged.
    """
    trainings = [points(run) for run in runs]
    with _extra("mlflow"), _silent_mlflow(), TemporaryDirectory() as folder:
        import alembic  # noqa: F401
        from mlflow.tracking import MlflowClient

        database = Path(folder) / DATABASE
        client = MlflowClient(f"sqlite:///{database}")
        experiment = client.create_experiment("geomgen", artifact_location="mlflow-artifacts:/geomgen")
        for run, training in zip(runs, trainings, strict=True):
            _add(client, experiment, run, training)
        return {DATABASE: database.read_bytes()}


def _add(client: Any, experiment: str, run: Run, training: Sequence[Point]) -> None:
    from mlflow.entities import Metric, Param

    start_ms = round(1000 * _start_s(run))
    added = client.create_run(experiment, start_time=start_ms, run_name=run.id).info.run_id
    client.log_batch(added, params=[Param(name, str(value)) for name, value in run.config.items()])
    metrics = [
        Metric(name, value, round(1000 * point.time_s), point.epoch)
        for point in training
        for name, value in point.values.items()
    ]
    for first in range(0, len(metrics), LARGEST_BATCH):
        client.log_batch(added, metrics=metrics[first : first + LARGEST_BATCH])
    end_ms = round(1000 * training[-1].time_s) if training else start_ms
    client.set_terminated(added, STATUS[run.status], end_ms)


@contextmanager
def _extra(name: str) -> Iterator[None]:
    """Name the extra that an import inside the block needs.

    Raises:
        UsageError: If it is not installed.
    """
    try:
        yield
    except ImportError as error:
        remedy = f"Install it with: pip install 'geomgen[{name}]'"
        raise UsageError(f"--to {name} needs the package {error.name or name}.", remedy) from error


@contextmanager
def _silent_mlflow() -> Iterator[None]:
    """Keep MLflow from reporting its use over the network, and from logging how it creates its database."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The ``noload`` loader strategy is deprecated")
            yield
    finally:
        logging.disable(previous)
