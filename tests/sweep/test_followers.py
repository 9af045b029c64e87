"""Further runs of a cell: what a recipe may ask for, which runs they are, and the commands that make them."""

from pathlib import Path
from typing import Any

import pytest

from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.errors import UsageError
from geomgen.experiments.train import train
from geomgen.experiments.volume import volume
from geomgen.store.reuse import EarlierRuns
from geomgen.store.run import Run
from geomgen.sweep.cells import Cell, cells, merged, standing
from geomgen.sweep.job import CELLS_RUN, Job
from tests.sweep.made_up_recipe import recipe, unprepared

DECAYED = {"start": "RUN:initial", "weight_decay": 1.0}
STUDENT = {"teacher": "RUN", "seed": "+100", "epochs": 2}
MEASURED = {"volume": {"condition": ["data"]}}


def _cells(data_file: Path, *further: dict[str, Any], **changes: Any) -> list[Cell]:
    return cells(recipe(data_file, **{"then": {**MEASURED, "train": list(further)}, **changes}), unprepared)


def _config(cell: Cell, number: int) -> TrainConfig:
    config = cell.followers[number].make.config
    assert isinstance(config, TrainConfig)
    return config


def test_they_have_the_cells_options_but_for_those_given_and_its_measures(data_file: Path) -> None:
    cell = _cells(data_file, DECAYED, STUDENT)[1]
    assert (_config(cell, 0).width, _config(cell, 0).seed, _config(cell, 0).batch_size) == (8, 1, 64)
    assert (_config(cell, 0).weight_decay, _config(cell, 0).start) == (1.0, "RUN:initial")
    assert (_config(cell, 1).seed, _config(cell, 1).epochs, _config(cell, 1).teacher) == (101, 2, "RUN")
    assert [one.measures for one in cell.followers] == [cell.measures] * 2
    assert [step.experiment for step in cell.steps] == ["train", "volume"] * 3


def test_cells_differ_by_what_follows_and_merge_to_one_with_all_that_follows(data_file: Path) -> None:
    first, other = _cells(data_file, DECAYED), _cells(data_file, {**DECAYED, "start": "RUN"}, STUDENT)
    assert first[0].identity != other[0].identity != cells(recipe(data_file), unprepared)[0].identity
    both = merged([*first, *other, *_cells(data_file, STUDENT, then={"train": [STUDENT]})])
    assert [len(cell.followers) for cell in both] == [3] * 4
    assert len(_cells(data_file, STUDENT, STUDENT)[0].followers) == 1


@pytest.mark.parametrize(
    ("further", "told"),
    [
        ({"weight_decay": 1.0}, "does not say how it follows from the cell's run. Give --teacher or --start the value"),
        ({"start": "20261127T2"}, "--start 20261127T2 is not the cell's run. Write RUN, or RUN:STATE"),
        ({"start": "RUN", "init": "he"}, "--init is about drawing parameters"),
        ({"start": "RUN", "seed": "later"}, "--seed 'later' is not of type int"),
        ({"start": "RUN", "epohcs": 2}, "has no option 'epohcs'. Did you mean 'epochs'?"),
    ],
)
def test_what_cannot_follow_is_refused(data_file: Path, further: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        _cells(data_file, further)
    assert told in str(caught.value)


def test_nothing_follows_from_a_run_without_a_network(data_file: Path) -> None:
    with pytest.raises(UsageError, match="a run of emc has no network to go on from"):
        _cells(data_file, DECAYED, experiment="emc")


def test_its_commands_name_the_cells_run_which_is_not_known_yet(data_file: Path, tmp_path: Path) -> None:
    cell = _cells(data_file, DECAYED, {"teacher": "RUN", "start": "RUN"})[0]
    job = Job.of(cell, tmp_path, threads=1, retries=0, anew=False, log=tmp_path / "log.txt")
    assert [[words[0] for words in commands] for commands in job.followers] == [["train", "volume"]] * 2
    assert f"--start={CELLS_RUN}:initial" in job.followers[0][0]
    assert {f"--start={CELLS_RUN}", f"--teacher={CELLS_RUN}", "--width=8", "--reuse"} <= set(job.followers[1][0])
    assert Job.from_json(job.to_json()) == job


def test_a_cell_is_done_once_all_that_follows_is_there_and_measured(data_file: Path, tmp_path: Path) -> None:
    cell = _cells(data_file, DECAYED, set={"epochs": 1, "batch_size": 64, "data": str(data_file), "threads": 1})[0]

    def status() -> str:
        return standing(cell, EarlierRuns(tmp_path)).status

    def measured(run: Run) -> Run:
        volume(run, VolumeConfig(condition=("data",), threads=1))
        return run

    options = {"data": str(data_file), "width": 8, "epochs": 1, "batch_size": 64, "threads": 1}
    first = train(TrainConfig(**options), tmp_path)  # type: ignore[arg-type]
    assert status() == "missing"
    cell = merged([cells(recipe(data_file, then={**MEASURED, "train": DECAYED}), _with_data(first))[0]])[0]
    assert status() == "not measured"
    measured(first)
    assert status() == "not followed"
    for state in ("final", "initial"):
        run = train(TrainConfig(**options, weight_decay=1.0, start=f"{first.id}:{state}"), tmp_path)  # type: ignore[arg-type]
        assert status() == "not followed"
        measured(run)
    assert status() == "done"
    found = cell.followers[0].found(first, EarlierRuns(tmp_path))
    assert found is not None
    assert found.id == run.id


def _with_data(run: Run) -> Any:
    """Return what prepares a config as a sweep does: with the digest of the data of a run."""
    return lambda config: (config, {"data_sha256": run.facts["data_sha256"]})
