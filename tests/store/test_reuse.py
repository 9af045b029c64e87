"""Which of several earlier runs is taken, and who may change it."""

from pathlib import Path

import pytest

from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.store.reuse import best_run, is_in_use, reserved_run, was_measured
from geomgen.store.run import Run, create_run
from tests.report.made_up_runs import volume_row

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
