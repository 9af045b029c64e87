"""The request to a cell's process, and how the cell ended: values that can be sent to another machine."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from geomgen.config.base import option_docs, option_flag, to_arguments
from geomgen.sweep.cells import Cell
from geomgen.sweep.followers import RUN, Follower
from geomgen.sweep.step import Step

INTERRUPTED = "interrupted"
CELLS_RUN = "\0"
"""Stands for the directory of the cell's run in commands of its followers; no option can hold it."""
Commands = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Job:
    """The commands of a cell.

    Attributes:
        title: Name of the cell.
        commands: Words after ``geomgen``; the first makes the run, whose directory is appended to the others.
        threads: Threads of each command.
        retries: How often a crashed command is tried again.
        log: File to which commands and their output are appended; empty for none.
        followers: The commands of each further run, with `CELLS_RUN` for the directory of the cell's.
    """

    title: str
    commands: Commands
    threads: int
    retries: int
    log: str
    followers: tuple[Commands, ...] = ()

    @classmethod
    def of(cls, cell: Cell, runs_dir: Path, *, threads: int, retries: int, anew: bool, log: Path) -> Self:
        """Return the job of a cell.

        Args:
            cell: The cell.
            runs_dir: Folder of runs.
            threads: Threads of each command.
            retries: How often a crashed command is tried again.
            anew: Whether to repeat what is done.
            log: File to which commands and their output are appended.
        """
        ending = (f"--runs-dir={runs_dir.resolve()}", *(() if anew else ("--reuse",)))

        def commands(words: list[str], make: Step, measures: tuple[Step, ...]) -> Commands:
            steps = [(make, words), *((step, list[str]()) for step in measures)]
            return tuple((*step.experiment.split(), *_options(step, threads), *also, *ending) for step, also in steps)

        further = [
            commands(_from_run(one), replace(one.make, config=one.unnamed), one.measures) for one in cell.followers
        ]
        own = commands([], cell.make, cell.measures)
        return cls(cell.title, own, threads, retries, str(log.resolve()), tuple(further))

    def to_json(self) -> str:
        """Return the job as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Return the job of a line.

        Raises:
            ValueError: If it is not the line of a job.
        """
        content = json.loads(line)
        try:
            followers = tuple(_frozen(commands) for commands in content["followers"])
            return cls(**{**content, "commands": _frozen(content["commands"]), "followers": followers})
        except (TypeError, KeyError) as error:
            raise ValueError(f"not a job: {error}") from error


@dataclass(frozen=True)
class Outcome:
    """How a cell ended.

    Attributes:
        status: done, failed, interrupted, or submitted to Slurm.
        run: Directory of its run; empty if none was made.
        reason: Why it is not done.
        wall_time_s: Time of all its processes.
        tries: How many processes were started for its last command.
    """

    status: str
    run: str = ""
    reason: str = ""
    wall_time_s: float = 0.0
    tries: int = 0

    @property
    def run_id(self) -> str:
        """Name of the run's directory; empty if none was made."""
        return Path(self.run).name


def _frozen(commands: list[list[str]]) -> Commands:
    return tuple(map(tuple, commands))


def _from_run(follower: Follower) -> list[str]:
    """Return the options that name the cell's run."""
    return [f"{option_flag(name)}={value.replace(RUN, CELLS_RUN, 1)}" for name, value in follower.named.items()]


def _options(step: Step, threads: int) -> list[str]:
    words = to_arguments(step.config)
    config: Any = step.config
    if "threads" in option_docs(type(config)) and config.threads is None:
        words.append(f"{option_flag('threads')}={threads}")
    return words
