"""Estimates: work by hand, runs next in size, and nothing where nothing is known."""

from pathlib import Path
from typing import NamedTuple

import pytest

from geomgen.config.base import Config
from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.experiments.cost_model import TimingHistory
from geomgen.store.summary import Summary


class Step(NamedTuple):
    """An experiment and its options."""

    experiment: str
    config: Config


def _train(data_file: Path, **options: int) -> Step:
    config = TrainConfig(data=str(data_file), **options)  # type: ignore[arg-type]
    return Step("train", config.resolved(device="cpu", threads=1))


def _finished(step: Step, seconds: int, **changed: object) -> Summary:
    finished = f"2026-11-21T20:{15 + seconds // 60}:{seconds % 60:02}+00:00"
    run_id = "20261121T201500Z-x"
    known = {"status": "complete", "finished": finished, "config": step.config.to_mapping(), **changed}
    return Summary(Path(run_id), run_id, experiment=step.experiment, **known)  # type: ignore[arg-type]


def test_more_epochs_take_longer_and_a_measure_adds_to_them(data_file: Path) -> None:
    history, measure = TimingHistory([]), Step("volume", VolumeConfig())
    short, long = (history.estimate(_train(data_file, width=64, epochs=epochs), [], 1) for epochs in (1, 10))
    measured = history.estimate(_train(data_file, width=64, epochs=1), [measure], 1)
    assert short.time_s is not None
    assert short.time_s < (long.time_s or 0)
    assert short.time_s < (measured.time_s or 0)
    assert 0 < (short.memory_bytes or 0) <= (measured.memory_bytes or 0)


def test_runs_that_took_longer_than_the_model_says_raise_the_estimate(data_file: Path) -> None:
    step = _train(data_file, width=64, epochs=3)
    plain = TimingHistory([]).estimate(step, [], 1).time_s or 0
    slow = TimingHistory([_finished(step, 100)]).estimate(step, [], 1).time_s
    assert slow == pytest.approx(100, rel=1e-6)
    assert plain < 100
    for changed in ({"status": "failed"}, {"was_resumed": True}):
        assert TimingHistory([_finished(step, 100, **changed)]).estimate(step, [], 1).time_s == plain


def test_without_a_model_it_is_the_median_of_what_its_runs_took() -> None:
    step = Step("modified-flow", ModifiedFlowConfig().filled())
    assert TimingHistory([]).estimate(step, [], 1).time_s is None
    history = TimingHistory([_finished(step, seconds) for seconds in (5, 50, 7)])
    assert history.estimate(step, [], 1).time_s == 7
