"""The runs that were asked to do the same are found, whatever else is in their folder."""

import shutil
from pathlib import Path

import pytest

from geomgen.config.train import TrainConfig
from geomgen.store.catalog import summaries
from geomgen.store.reuse import EarlierRuns
from tests.report.made_up_runs import FACTS, RunMaker


@pytest.fixture
def make(tmp_path: Path) -> RunMaker:
    return RunMaker(tmp_path / "runs")


def test_runs_of_the_same_config_are_found_oldest_first(make: RunMaker) -> None:
    same = [make(width=4, seed=1), make(width=4, seed=1, device="cpu")]
    for options in ({"width": 5, "seed": 1}, {"width": 4, "seed": 2}, {"width": 4, "seed": 1, "optimizer": "sgd"}):
        make(**options)
    found = EarlierRuns(make.root).of("train", TrainConfig(width=4, seed=1, threads=7), FACTS)
    assert [run.id for run in found] == [run.id for run in same]
    assert EarlierRuns(make.root, summaries(make.root)).of("train", TrainConfig(width=6), FACTS) == []


def test_a_default_that_depends_on_the_architecture_is_the_same_as_its_value(make: RunMaker) -> None:
    run = make(seed=1)
    for config in (TrainConfig(seed=1), TrainConfig(seed=1).filled()):
        assert [one.id for one in EarlierRuns(make.root).of("train", config, FACTS)] == [run.id]


def test_new_runs_are_seen_and_those_that_are_gone_are_not(make: RunMaker) -> None:
    config = TrainConfig(width=4, seed=1)
    earlier = EarlierRuns(make.root)
    assert earlier.of("train", config, FACTS) == []
    first, second = make(width=4, seed=1), make(width=4, seed=1, status="unfinished")
    (make.root / "no-run").mkdir()
    assert [run.id for run in earlier.of("train", config, FACTS)] == [first.id, second.id]
    shutil.rmtree(first.path)
    assert [run.id for run in earlier.of("train", config, FACTS)] == [second.id]


def test_runs_that_cannot_be_read_or_understood_are_left_out(make: RunMaker) -> None:
    (make(width=4).path / "config.json").write_text("{}")
    make(width=4, seed=1)
    config = TrainConfig(width=4)
    assert EarlierRuns(make.root).of("train", config, FACTS) == []


def test_the_same_name_with_other_data_or_code_is_another_run(make: RunMaker) -> None:
    run = make(width=4, data="images.npz")
    elsewhere = TrainConfig(width=4, data="moved/images.npz")
    assert [one.id for one in EarlierRuns(make.root).of("train", elsewhere, FACTS)] == [run.id]
    for facts in ({**FACTS, "data_sha256": "other"}, {**FACTS, "code_sha256": {"a.py": "b"}}):
        assert EarlierRuns(make.root).of("train", elsewhere, facts) == []
    other = make(width=4, data="images.npz", facts={**FACTS, "num_parameters": 7})
    assert [one.id for one in EarlierRuns(make.root).of("train", elsewhere, FACTS)] == [run.id, other.id]
