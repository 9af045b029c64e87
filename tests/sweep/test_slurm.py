"""The script and index of an array, and what is said where it cannot be handed in."""

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from geomgen.config.sweep import ResourcesConfig
from geomgen.errors import DataError, DiskError, UsageError
from geomgen.sweep.job import Job
from geomgen.sweep.slurm import Array, common_directives, read_job, submit, write_array
from tests.sweep.made_up_recipe import recipe

JOBS = [Job(title, (("train", f"--seed={seed}"),), 2, 1, "") for seed, title in enumerate(("a", 'b "c"\n'))]


def _written(folder: Path, **changes: Any) -> Path:
    given = [ResourcesConfig(), ResourcesConfig(num_cpus=3.5, num_gpus=0.5)]
    array = Array.of("name", folder / "logs", JOBS, given, {"time": "01:00:00"}, at_once=2)
    return write_array(folder / "a b", JOBS, array._replace(**changes))


def test_a_script_asks_for_what_the_neediest_cell_takes(tmp_path: Path) -> None:
    lines = _written(tmp_path).read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    assert [line.removeprefix("#SBATCH --") for line in lines if line.startswith("#SBATCH")] == [
        "job-name=name", "array=0-1%2", "cpus-per-task=4", "gpus-per-task=1", "signal=B:USR1@120",
        f"output={tmp_path}/logs/%a.txt", "open-mode=append", "time=01:00:00",
    ]  # fmt: skip
    words = shlex.split(lines[-1])
    assert words[0] == "exec"
    assert words[-3:] == ["cell", f"{tmp_path}/a b/jobs.jsonl", "$SLURM_ARRAY_TASK_ID"]
    asked = subprocess.run([*words[1:-3], "cell", "--help"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "Usage: geomgen cell" in asked.stdout


def test_without_a_limit_or_gpus_none_are_named(tmp_path: Path) -> None:
    text = _written(tmp_path, at_once=None, num_gpus=0).read_text()
    assert "--array=0-1\n" in text
    assert "--gpus" not in text


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
    with pytest.raises(UsageError, match="sbatch refused: no such partition Correct and submit: script"):
        submit(Path("script"))
    (tmp_path / "sbatch").write_text("#!/bin/sh\necho Submitted $1\n")
    assert submit(Path("script")) == "Submitted script"
