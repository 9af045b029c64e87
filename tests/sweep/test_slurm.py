"""The scripts and index of arrays, what is said where they cannot be submitted, and cells on a real Slurm."""

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from geomgen import runs
from geomgen.config.sweep import ResourcesConfig, SweepConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import DataError, DiskError, UsageError
from geomgen.experiments.sweep import plan_sweep, sweep
from geomgen.experiments.train import train
from geomgen.store.layout import FINAL
from geomgen.store.run import Run
from geomgen.sweep.job import Job
from geomgen.sweep.recipe import Recipe
from geomgen.sweep.slurm import Array, common_directives, read_job, submit, write_arrays
from tests.sweep.made_up_recipe import recipe
from tests.sweep.real_slurm import Slurm, hold, is_told_to_save, reason_not_to_run, release, running, wait_until

JOBS = [Job(title, (("train", f"--seed={seed}"),), 2, 1, "") for seed, title in enumerate(("a", 'b "c"\n'))]
REASON = reason_not_to_run()
on_a_real_one = pytest.mark.skipif(bool(REASON), reason=REASON)
SECONDS_OF_TRAINING = {"epochs": 400, "batch_size": 16}


def _written(folder: Path, **changes: Any) -> Path:
    given = [ResourcesConfig(), ResourcesConfig(num_cpus=3.5, num_gpus=0.5)]
    array = Array.of("name", folder / "logs", JOBS, given, {"time": "01:00:00"}, at_once=2)
    (script,) = write_arrays(folder / "a b", JOBS, array._replace(**changes))
    return script


def test_a_script_asks_for_what_the_neediest_cell_takes(tmp_path: Path) -> None:
    lines = _written(tmp_path).read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    assert [line.removeprefix("#SBATCH --") for line in lines if line.startswith("#SBATCH")] == [
        "requeue", "job-name=name", "array=0-1%2", "ntasks=1", "cpus-per-task=4", "gpus-per-task=1",
        "signal=B:USR1@120", f"output={tmp_path}/logs/0+%a.txt", "open-mode=append", "time=01:00:00",
    ]  # fmt: skip
    words = shlex.split(lines[-1])
    assert words[0] == "exec"
    assert words[-3:] == ["cell", f"{tmp_path}/a b/jobs.jsonl", "$((0 + SLURM_ARRAY_TASK_ID))"]
    asked = subprocess.run([*words[1:-3], "cell", "--help"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "Usage: geomgen cell" in asked.stdout


def test_without_a_limit_or_gpus_none_are_named(tmp_path: Path) -> None:
    text = _written(tmp_path, at_once=None, num_gpus=0).read_text()
    assert "--array=0-1\n" in text
    assert "--gpus" not in text


def test_names_of_folders_are_written_so_that_sbatch_reads_them(tmp_path: Path) -> None:
    lines = _written(tmp_path, logs=tmp_path / "it's %j").read_text().splitlines()
    (output,) = (line for line in lines if "--output" in line)
    assert shlex.split(output)[1] == f"--output={tmp_path}/it's %%j/0+%a.txt"
    with pytest.raises(UsageError, match=r"sbatch cannot read the name of .*\. Choose another --runs-dir\."):
        _written(tmp_path, logs=tmp_path / "a\\b")


def test_more_cells_than_an_array_may_have_tasks_are_several_arrays(tmp_path: Path) -> None:
    array = Array("name", tmp_path, 5, 1, 0, {})
    scripts = write_arrays(tmp_path, [JOBS[0]] * 2001, array)
    assert [script.name for script in scripts] == ["array-0.sh", "array-1000.sh", "array-2000.sh"]
    texts = [script.read_text() for script in scripts]
    for text, tasks, first in zip(texts, ("0-999%1", "0-999%1", "0-0%1"), (0, 1000, 2000), strict=True):
        assert f"#SBATCH --array={tasks}\n" in text
        assert f"/{first}+%a.txt\n" in text
        assert f'"$(({first} + SLURM_ARRAY_TASK_ID))"' in text


def test_each_task_reads_its_line(tmp_path: Path) -> None:
    index = _written(tmp_path).with_name("jobs.jsonl")
    assert [read_job(index, number) for number in range(2)] == JOBS
    for number in (-1, 2):
        with pytest.raises(UsageError, match=rf"has no job {number}\. It has 2 jobs, counted from 0\."):
            read_job(index, number)
    index.write_text("{}\n")
    with pytest.raises(DataError, match="is not an index of jobs"):
        read_job(index, 0)
    with pytest.raises(DiskError, match="No such file"):
        read_job(tmp_path / "none", 0)


def test_directives_of_several_recipes_must_agree(data_file: Path) -> None:
    first, second = (recipe(data_file, slurm={"time": time, own: "x"}) for time, own in (("1", "a"), ("1", "b")))
    assert common_directives([first, second]) == {"time": "1", "a": "x", "b": "x"}
    with pytest.raises(UsageError, match=r"The recipes differ in \[slurm\] time\."):
        common_directives([first, recipe(data_file, slurm={"time": "2"})])


def test_without_sbatch_the_script_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        UsageError, match=r"There is no sbatch here\. Submit it on a machine that has it: sbatch script"
    ):
        submit(Path("script"))
    (tmp_path / "sbatch").write_text("#!/bin/sh\necho 'no such partition' >&2\nexit 1\n")
    (tmp_path / "sbatch").chmod(0o755)
    with pytest.raises(
        UsageError, match="sbatch refused: no such partition Correct the script and submit it: sbatch 'a b'"
    ):
        submit(Path("a b"))
    (tmp_path / "sbatch").write_text("#!/bin/sh\necho Submitted $1\n")
    assert submit(Path("script")) == "Submitted script"


class Held(NamedTuple):
    """A cell that stands still in the middle of its training."""

    runs_dir: Path
    job: str
    workers: list[int]

    @property
    def status(self) -> str:
        """Status of its only run."""
        (run,) = _trained(self.runs_dir)
        return run.status


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A Slurm of one node, which sbatch finds."""
    with ExitStack() as held:
        try:
            slurm = held.enter_context(running(tmp_path_factory.mktemp("slurm")))
        except (TimeoutError, OSError) as error:
            pytest.skip(f"no Slurm starts on this machine: {error}")
        held.enter_context(pytest.MonkeyPatch.context()).setenv("SLURM_CONF", slurm.environment["SLURM_CONF"])
        yield slurm


@pytest.fixture(scope="module")
def limited(slurm: Slurm, data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Held:
    """A cell that Slurm will warn of its limit the next time it looks at limits, which it does every half minute."""
    runs_dir = tmp_path_factory.mktemp("limited") / "it's %j"
    held = _held(slurm, _long(data_file, slurm={"time": "10"}), runs_dir)
    slurm.ask("scontrol", "update", f"jobid={held.job}", "timelimit=2")
    return held


@on_a_real_one
def test_gpus_are_asked_for_as_sbatch_takes_it(slurm: Slurm, tmp_path: Path) -> None:
    script = _written(tmp_path)
    done = subprocess.run(["sbatch", "--test-only", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"on nodes {slurm.node}" in done.stderr


@on_a_real_one
def test_of_two_submissions_at_once_each_cell_is_made_once_and_a_failure_is_told(
    slurm: Slurm, limited: Held, data_file: Path, tmp_path: Path
) -> None:
    made = recipe(data_file, grid={"width": [8], "lr": [0.01, 1e30]}, then={})
    for job in [_submit(made, tmp_path) for _ in range(2)]:
        assert slurm.states(job) == ["COMPLETED", "FAILED"]
    plan = plan_sweep([made], SweepConfig(), tmp_path)
    assert [one.standing.status for one in plan] == ["done", "failed"]
    (done,) = (run for run in _trained(tmp_path) if run.status == "complete")
    assert done.state_sha256(FINAL) == _trained_here(done, tmp_path / "here")
    logs = "".join(path.read_text() for path in (tmp_path / "slurm").rglob("*.txt"))
    assert logs.count("The cell failed: Training diverged") == 2
    assert limited.status == "unfinished"


@on_a_real_one
def test_a_cell_stopped_by_its_limit_by_scancel_and_with_its_node_ends_with_the_same_bits(
    slurm: Slurm, limited: Held, data_file: Path, tmp_path: Path
) -> None:
    wait_until(lambda: any(map(is_told_to_save, limited.workers)), "Slurm warned of the time limit")
    release(limited.workers)
    assert (slurm.states(limited.job), limited.status) == (["FAILED"], "interrupted")

    cancelled = _held(slurm, _long(data_file), limited.runs_dir)
    slurm.ask("scancel", cancelled.job)
    assert slurm.states(cancelled.job) == ["CANCELLED"]
    assert cancelled.status in {"interrupted", "unfinished"}  # Slurm may end a slow worker before it has saved

    moved = _held(slurm, _long(data_file), limited.runs_dir)
    slurm.ask("scontrol", "update", f"nodename={slurm.node}", "state=down", "reason=test")
    slurm.restart_node(moved.job)
    assert (slurm.states(moved.job), moved.status) == (["COMPLETED"], "complete")
    (run,) = _trained(limited.runs_dir)
    assert (run.path / "log.txt").read_text().count("resumed") == 3
    assert run.state_sha256(FINAL) == _trained_here(run, tmp_path)


def _long(data_file: Path, **changes: Any) -> Recipe:
    options = {"data": str(data_file), **SECONDS_OF_TRAINING}
    return recipe(data_file, set=options, grid={"width": [8]}, then={}, **changes)


def _submit(made: Recipe, runs_dir: Path) -> str:
    """Submit a sweep to Slurm and return the job."""
    config = SweepConfig(on="slurm", submit=True)
    said = sweep([made], plan_sweep([made], config, runs_dir), config, runs_dir).notes[0]
    return said.removeprefix("Submitted batch job ")


def _held(slurm: Slurm, made: Recipe, runs_dir: Path) -> Held:
    """Submit a sweep of one cell and stop its worker in the middle of its training."""
    before = _epochs(runs_dir)
    job = _submit(made, runs_dir)
    wait_until(lambda: _epochs(runs_dir) > before, "the cell was training")
    workers = slurm.workers(job)
    hold(workers)
    return Held(runs_dir, job, workers)


def _epochs(runs_dir: Path) -> int:
    return sum(path.read_text().count(" epoch ") for path in runs_dir.glob("*-train-*/log.txt"))


def _trained(runs_dir: Path) -> list[Run]:
    return [run for run in runs(runs_dir) if run.experiment == "train"]


def _trained_here(run: Run, runs_dir: Path) -> str | None:
    """Return the digest of the parameters after the same training, without interruption, in this process."""
    return train(TrainConfig.from_mapping(run.config, run.id), runs_dir).state_sha256(FINAL)
