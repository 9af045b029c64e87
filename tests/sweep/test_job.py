"""What a cell's processes are told, and that it survives being sent as a line."""

from pathlib import Path

import pytest

from geomgen.sweep.cells import cells
from geomgen.sweep.job import Job, Outcome
from tests.sweep.made_up_recipe import recipe, unprepared


@pytest.fixture
def job(data_file: Path, tmp_path: Path) -> Job:
    cell = cells(recipe(data_file), unprepared)[0]
    return Job.of(cell, tmp_path / "runs", threads=3, retries=2, anew=False, log=tmp_path / "log.txt")


def test_commands_are_those_of_the_cell_with_its_share_of_the_cores(job: Job, tmp_path: Path) -> None:
    train, volume = job.commands
    assert (job.title, train[0], volume[0]) == ("train width=8 seed=0", "train", "volume")
    assert {"--width=8", "--epochs=1", "--threads=3", "--reuse", f"--runs-dir={tmp_path / 'runs'}"} <= set(train)
    assert {"--condition=data", "--threads=3", "--reuse"} <= set(volume)
    assert job.log == str(tmp_path / "log.txt")


def test_what_is_done_anew_is_not_reused(data_file: Path, tmp_path: Path) -> None:
    cell = cells(recipe(data_file, set={"epochs": 1, "threads": 1, "data": str(data_file)}), unprepared)[0]
    train, volume = Job.of(cell, tmp_path, threads=3, retries=0, anew=True, log=tmp_path / "log.txt").commands
    assert "--reuse" not in {*train, *volume}
    assert [word for word in train if word.startswith("--threads")] == ["--threads=1"]


def test_a_job_is_the_same_after_a_journey(job: Job) -> None:
    assert Job.from_json(job.to_json()) == job
    assert "\n" not in job.to_json()


@pytest.mark.parametrize("line", ["", "{}", "[]", '{"title": 1}', '{"commands": 3}'])
def test_another_line_is_no_job(line: str) -> None:
    with pytest.raises(ValueError, match=r"not a job|Expecting value|indices must be|argument after"):
        Job.from_json(line)


def test_an_outcome_without_a_run_has_no_id() -> None:
    assert Outcome("failed").run_id == ""
    assert Outcome("done", "/runs/20261121T201500Z-train").run_id == "20261121T201500Z-train"
