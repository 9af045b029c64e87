"""The request to a cell's process, and how the cell ended: values that can be sent to another machine."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from geomgen.config.base import option_docs, option_flag, to_arguments
from geomgen.sweep.cells import Cell, Step

INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Job:
    """The commands of a cell.

    Attributes:
        title: Name of the cell.
        commands: Words after ``geomgen``; the first makes the run, whose directory is appended to the others.
        threads: Threads of each command.
        retries: How often a crashed command is tried again.
        log: File to which commands and their output are appended; empty for none.
    """

    title: str
    commands: tuple[tuple[str, ...], ...]
    threads: int
    retries: int
    log: str

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
        commands = [
            (*step.experiment.split(), *_options(step, threads), *ending) for step in (cell.make, *cell.measures)
        ]
        return cls(cell.title, tuple(commands), threads, retries, str(log.resolve()))

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
            return cls(**{**content, "commands": tuple(map(tuple, content["commands"]))})
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


def _options(step: Step, threads: int) -> list[str]:
    words = to_arguments(step.config)
    config: Any = step.config
    if "threads" in option_docs(type(config)) and config.threads is None:
        words.append(f"{option_flag('threads')}={threads}")
    return words
