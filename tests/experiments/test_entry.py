"""Every function that a record names is there, and takes what it is called with."""

import inspect

import pytest

from geomgen.config.experiment import Experiment
from geomgen.config.registry import EXPERIMENTS, MAKERS, MEASURES
from geomgen.config.volume import VOLUME, VolumeConfig
from geomgen.experiments.entry import cost, function, maker, measure, remarks, resumer, rows_of
from geomgen.experiments.volume import volume


def _parameters(called: object) -> list[str]:
    return list(inspect.signature(called).parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize("record", MAKERS.values(), ids=lambda record: record.name)
def test_makers_take_a_config_and_a_folder(record: Experiment) -> None:
    assert _parameters(maker(record)) == ["config", "runs_dir", "reuse", "progress"]


@pytest.mark.parametrize("record", MEASURES.values(), ids=lambda record: record.name)
def test_measures_take_a_run_and_a_config(record: Experiment) -> None:
    assert _parameters(measure(record)) == ["run", "config", "reuse", "progress"]


@pytest.mark.parametrize("record", EXPERIMENTS.values(), ids=lambda record: record.name)
def test_what_else_a_record_names_is_there(record: Experiment) -> None:
    if record.resume:
        assert _parameters(resumer(record))[0] == "run"
    if record.cost:
        assert len(_parameters(cost(record))) == (2 if record.measure else 1)
    if record.rows:
        assert _parameters(rows_of(record)) == ["at"]
    if record.remarks:
        assert len(_parameters(function(record.remarks))) == 1


def test_a_record_that_names_nothing_says_nothing() -> None:
    silent = Experiment("silent", VolumeConfig, "Say nothing.", (), ())
    assert cost(silent) is None
    assert remarks(silent, None) == []  # type: ignore[arg-type]
    assert measure(VOLUME) is volume
