"""Cells as Slurm array jobs: scripts, and an index file of which each task of an array reads one line."""

import math
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from geomgen.config.sweep import ResourcesConfig
from geomgen.errors import DataError, UsageError
from geomgen.store.files import disk_errors, write_text
from geomgen.sweep.job import Job
from geomgen.sweep.recipe import Recipe
from geomgen.sweep.worker import program

INDEX = "jobs.jsonl"
WRITTEN, SUBMITTED = "written", "submitted"
WARNING_S = 120
"""How long before its time limit a task is asked to save and exit."""
LARGEST_ARRAY = 1000
"""Slurm refuses an array of more tasks, unless its MaxArraySize has been raised."""
UNREADABLE = "\\\n"
"""Characters that sbatch cannot read in the name of a file."""


class Array(NamedTuple):
    """The properties of all arrays of a sweep.

    Attributes:
        name: Name of the job.
        logs: Folder for the output of each task.
        at_once: Maximum number of tasks at a time; None for no limit.
        num_cpus: Cores that Slurm reserves for a task.
        num_gpus: GPUs that Slurm reserves for a task.
        directives: Further directives for sbatch, such as ``time``.
    """

    name: str
    logs: Path
    at_once: int | None
    num_cpus: int
    num_gpus: int
    directives: Mapping[str, str]

    @classmethod
    def of(
        cls,
        name: str,
        logs: Path,
        jobs: Sequence[Job],
        resources: Sequence[ResourcesConfig],
        directives: Mapping[str, str],
        *,
        at_once: int | None,
    ) -> Self:
        """Return an array whose tasks have the resources of the most demanding of some jobs.

        Args:
            name: Name of the job.
            logs: Folder for the output of each task.
            jobs: At least one.
            resources: Resources of each job.
            directives: Further directives for sbatch.
            at_once: Maximum number of tasks at a time; None for no limit.
        """
        pairs = list(zip(jobs, resources, strict=True))
        cores = max(math.ceil(given.num_cpus or job.threads) for job, given in pairs)
        return cls(name, logs, at_once, cores, max(math.ceil(given.num_gpus) for given in resources), directives)


def common_directives(recipes: Sequence[Recipe]) -> dict[str, str]:
    """Return the directives of all recipes.

    Raises:
        UsageError: If they contradict each other.
    """
    directives: dict[str, str] = {}
    for recipe in recipes:
        for name, value in recipe.slurm.items():
            if directives.setdefault(name, value) != value:
                raise UsageError(f"The recipes differ in [slurm] {name}.", "Sweep them separately.")
    return directives


def write_arrays(folder: Path, jobs: Sequence[Job], array: Array) -> list[Path]:
    """Write the scripts of as few arrays as Slurm accepts, and the index file that they read.

    Args:
        folder: Folder for the files; created if it does not exist.
        jobs: One per task, at least one.
        array: Properties of the arrays.

    Returns:
        The scripts.

    Raises:
        UsageError: If sbatch cannot read the name of the folder for output.
        DiskError: If the disk refuses.
    """
    if any(character in str(array.logs.resolve()) for character in UNREADABLE):
        raise UsageError(f"sbatch cannot read the name of {array.logs}.", "Choose another --runs-dir.")
    for path in (folder, array.logs):
        with disk_errors(path):
            path.mkdir(parents=True, exist_ok=True)
    write_text(folder / INDEX, "".join(job.to_json() + "\n" for job in jobs))
    firsts = range(0, len(jobs), LARGEST_ARRAY)
    if array.at_once is not None:
        array = array._replace(at_once=max(1, array.at_once // len(firsts)))
    scripts = [folder / f"array-{first}.sh" for first in firsts]
    for script, first in zip(scripts, firsts, strict=True):
        write_text(script, _script(folder.resolve() / INDEX, first, min(len(jobs) - first, LARGEST_ARRAY), array))
    return scripts


def read_job(index: Path, number: int) -> Job:
    """Return the job of one task.

    Raises:
        UsageError: If the index file has no such line.
        DataError: If it is not an index file.
        DiskError: If it cannot be read.
    """
    with disk_errors(index):
        lines = index.read_text(errors="replace").splitlines()
    if not 0 <= number < len(lines):
        raise UsageError(f"{index} has no job {number}.", f"It has {len(lines)} jobs, counted from 0.")
    try:
        return Job.from_json(lines[number])
    except ValueError as error:
        raise DataError(
            f"{index} is not an index of jobs: {error}.", "Write it again with: geomgen sweep RECIPE --on slurm"
        ) from error


def submit_command(script: Path) -> str:
    """Return what to type to submit an array."""
    return shlex.join(["sbatch", str(script)])


def submit(script: Path) -> str:
    """Submit an array.

    Returns:
        The output of sbatch.

    Raises:
        UsageError: If sbatch is missing, or it refuses.
    """
    try:
        done = subprocess.run(["sbatch", str(script)], capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        remedy = f"Submit it on a machine that has it: {submit_command(script)}"
        raise UsageError("There is no sbatch here.", remedy) from error
    except subprocess.CalledProcessError as error:
        problem = f"sbatch refused: {error.stderr.strip()}"
        raise UsageError(problem, f"Correct the script and submit it: {submit_command(script)}") from error
    return done.stdout.strip()


def _script(index: Path, first: int, num_jobs: int, array: Array) -> str:
    limit = f"%{array.at_once}" if array.at_once else ""
    given = {
        "job-name": array.name,
        "array": f"0-{num_jobs - 1}{limit}",
        "ntasks": 1,  # sbatch refuses gpus-per-task without it
        "cpus-per-task": array.num_cpus,
        **({"gpus-per-task": array.num_gpus} if array.num_gpus else {}),
        "signal": f"B:USR1@{WARNING_S}",
        "output": f"{str(array.logs.resolve()).replace('%', '%%')}/{first}+%a.txt",
        "open-mode": "append",
        **array.directives,
    }
    # A task whose node fails starts again elsewhere, and resumes its cell.
    lines = ["#SBATCH --requeue", *(f"#SBATCH --{name}={shlex.quote(str(value))}" for name, value in given.items())]
    geomgen = shlex.join(program("sys.argv[0] = 'geomgen'; from geomgen.cli.app import main; main()"))
    command = f'{geomgen} cell {shlex.quote(str(index))} "$(({first} + SLURM_ARRAY_TASK_ID))"'
    # The shell becomes the process (exec), so that signals sent by Slurm reach it.
    return "\n".join(["#!/bin/bash", *lines, f"cd {shlex.quote(str(Path.cwd()))}", f"exec {command}", ""])
