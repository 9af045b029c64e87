"""A cell as processes of this machine: one that makes its run, then one for each measure."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from geomgen.errors import DataError, InterruptedRunError, UsageError
from geomgen.store.files import append_line, disk_errors
from geomgen.sweep.cells import DONE, FAILED
from geomgen.sweep.job import INTERRUPTED, Job, Outcome

PROGRAM = (sys.executable, "-m", "geomgen")
HOPELESS_CODES = {UsageError.exit_code, DataError.exit_code}
GRACE_S = 60.0
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
OnLine = Callable[[str], None]


class Children:
    """The processes that are running, so that all of them can be asked to save and end."""

    def __init__(self) -> None:
        self.stopping = False
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Ask all processes to save and end, and those that are yet to start too."""
        with self._lock:
            self.stopping = True
            for process in self._running:
                process.terminate()

    @contextmanager
    def started(self, command: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
        """Start a process in a session of its own, so that Ctrl-C reaches it through `stop` alone.

        Yields:
            The process, its output and errors as pipes. When the block is left it has ended, by a signal if need be.
        """
        with self._lock:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, errors="replace", start_new_session=True,
            )  # fmt: skip
            self._running.add(process)
            if self.stopping:
                process.terminate()
        try:
            with process, _ended(process):
                yield process
        finally:
            with self._lock:
                self._running.discard(process)


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a process if the block is left by an exception."""
    try:
        yield
    except BaseException:
        process.terminate()
        try:
            process.communicate(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def run_job(job: Job, children: Children, environment: Mapping[str, str], on_line: OnLine) -> Outcome:
    """Run the processes of a cell, one after the other.

    Args:
        job: What to run.
        children: Where its processes are listed; when it stops they end.
        environment: Variables beside those of this process, such as ``CUDA_VISIBLE_DEVICES``.
        on_line: Told of each command, and of each line that it writes to standard error.

    Returns:
        How it ended.
    """
    began, run, tries = time.monotonic(), "", 0
    variables = {**_variables(job.threads), **environment}
    say = _logged(Path(job.log), on_line) if job.log else on_line
    for words in job.commands:
        command = [*PROGRAM, *words, *([run] if run else [])]
        ended, tries = _tried(command, variables, children, say, job.retries + 1)
        if ended.code:
            status = INTERRUPTED if children.stopping and ended.is_interrupted else FAILED
            return Outcome(status, run, ended.reason, time.monotonic() - began, tries)
        run = run or ended.last_word
    return Outcome(DONE, run, "", time.monotonic() - began, tries)


class _Ended(NamedTuple):
    """How a process ended: exit code (negative for a signal), last line of its output, last line of its errors."""

    code: int
    last_word: str
    last_line: str

    @property
    def is_interrupted(self) -> bool:
        return self.code in {InterruptedRunError.exit_code, -signal.SIGTERM, -signal.SIGINT}

    @property
    def reason(self) -> str:
        if self.code < 0:
            hint = " (out of memory?)" if self.code == -signal.SIGKILL else ""
            return f"killed by {signal.Signals(-self.code).name}{hint}"
        return self.last_line or f"exit code {self.code}"


def _tried(
    command: Sequence[str], variables: Mapping[str, str], children: Children, say: OnLine, limit: int
) -> tuple[_Ended, int]:
    """Run a command until it succeeds, cannot succeed, or has been tried often enough; and return how often it was."""
    tries = 0
    while True:
        tries += 1
        ended = _run(command, variables, children, say)
        if ended.code in {0, *HOPELESS_CODES} or children.stopping or tries == limit:
            return ended, tries


def _run(command: Sequence[str], variables: Mapping[str, str], children: Children, say: OnLine) -> _Ended:
    line = ""
    say(f"$ geomgen {' '.join(command[len(PROGRAM) :])}")
    with children.started(command, variables) as process:
        for line in _lines(process.stderr):
            say(line)
        words = list(_lines(process.stdout))
    return _Ended(process.returncode, words[-1] if words else "", line)


def _lines(stream: IO[str] | None) -> Iterator[str]:
    for line in stream or ():
        if line.strip():
            yield line.strip()


def _logged(path: Path, on_line: OnLine) -> OnLine:
    """Return a function that adds a line to a file and tells it to another one."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)

    def say(line: str) -> None:
        append_line(path, line)
        on_line(line)

    return say


def _variables(threads: int) -> dict[str, str]:
    """Return the environment of a cell: options come from the recipe alone, and standard error as lines."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GEOMGEN_")}
    return {**inherited, **dict.fromkeys(THREAD_VARIABLES, str(threads)), "GEOMGEN_LINES": "1"}
