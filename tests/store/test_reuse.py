"""The runs that were asked to do the same are found, which of them is taken, and who may change it."""

import shutil
from pathlib import Path

import pytest

from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.store.catalog import summaries
from geomgen.store.reuse import EarlierRuns, best_run, is_in_use, reserved_run, was_measured
from geomgen.store.run import Run, create_run
from tests.report.made_up_runs import FACTS, RunMaker, volume_row


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


CONFIG = TrainConfig(width=4)


def _run(root: Path, status: str = "complete") -> Run:
    run = create_run(root, "train", "x", CONFIG.to_mapping(), {})
    if status != "unfinished":
        run.finish(status)
    return run


@pytest.mark.parametrize(
    ("statuses", "chosen"),
    [
        (["failed"], None), (["interrupted", "unfinished"], 0), (["unfinished", "complete", "complete"], 1), ([], None),
    ],
)  # fmt: skip
def test_the_first_complete_run_else_the_first_to_go_on_with(
    tmp_path: Path, statuses: list[str], chosen: int | None
) -> None:
    made = [_run(tmp_path, status) for status in statuses]
    assert best_run(made) is (None if chosen is None else made[chosen])


def test_a_run_was_measured_if_the_science_of_the_measure_was_the_same(tmp_path: Path) -> None:
    run, config = _run(tmp_path), VolumeConfig(rule=("full",))
    measure = {"experiment": "volume", "config": config.to_mapping()}
    run.add_rows("activation_volume", [volume_row("final", "data", 1.0)], measure)
    assert was_measured(run, "volume", VolumeConfig(rule=("full",), threads=2))
    assert not was_measured(run, "volume", VolumeConfig())
    assert not was_measured(run, "probe-activations", config)


def test_a_run_is_in_use_while_somebody_changes_it(tmp_path: Path) -> None:
    run = _run(tmp_path, "unfinished")
    assert not is_in_use(run)
    with run.lock():
        assert is_in_use(run)


def test_an_earlier_run_is_taken_and_held_unless_it_is_complete(tmp_path: Path) -> None:
    def reserve(find: Run | None) -> tuple[str, bool]:
        with reserved_run(tmp_path / "deep" / "runs", lambda: find, lambda: _run(tmp_path, "unfinished"), _fail) as run:
            return run.id, is_in_use(run)

    complete, unfinished = _run(tmp_path), _run(tmp_path, "unfinished")
    assert reserve(complete) == (complete.id, False)
    assert reserve(unfinished) == (unfinished.id, True)
    made, in_use = reserve(None)
    assert made not in {complete.id, unfinished.id}
    assert in_use


def _fail(run: Run) -> None:
    pytest.fail(f"nobody holds {run.id}")
