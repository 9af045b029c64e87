"""A cell as a process on this machine: a worker that makes its run, then each measure."""

import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from geomgen.errors import DataError, InterruptedRunError, UsageError
from geomgen.store.files import append_line, disk_errors
from geomgen.sweep.cells import DONE, FAILED
from geomgen.sweep.fork_server import STOPPING
from geomgen.sweep.job import CELLS_RUN, INTERRUPTED, Job, Outcome
from geomgen.sweep.worker import Ended, OnLine, Worker, server, variables

HOPELESS_CODES = {UsageError.exit_code, DataError.exit_code}
INTERRUPTED_CODES = {InterruptedRunError.exit_code, *(-which for which in STOPPING)}
GRACE_S = 1.0
"""A scheduler tells a worker and its sweep to stop, and the sweep may learn of it after the worker has ended."""


class Children:
    """The running workers, so that all of them can be asked to save and exit."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._running: set[Worker] = set()
        self._lock = threading.Lock()

    @property
    def stopping(self) -> bool:
        """Whether they were asked to stop."""
        return self._stopped.is_set()

    def wait_for_stop(self) -> None:
        """Wait a moment for `stop`."""
        self._stopped.wait(GRACE_S)

    def stop(self) -> None:
        """Ask all workers to save and exit, including those that have yet to start."""
        with self._lock:
            self._stopped.set()
            for worker in self._running:
                worker.terminate()

    @contextmanager
    def started(self, job: Job, environment: Mapping[str, str]) -> Iterator[Worker]:
        """Start a worker in a session of its own, so that Ctrl-C reaches it through `stop` alone.

        Yields:
            The worker. It has ended when the block is left, by a signal if the block raised.

        Raises:
            OSError: If none can be started.
        """
        worker = server(job.threads).fork({**variables(job.threads), **environment})
        with self._lock:
            self._running.add(worker)
            if self.stopping:
                worker.terminate()
        try:
            yield worker
        except BaseException:
            worker.terminate()
            raise
        finally:
            worker.close()
            with self._lock:
                self._running.discard(worker)


def run_job(job: Job, children: Children, environment: Mapping[str, str], on_line: OnLine) -> Outcome:
    """Run the commands of a cell one after the other, in one worker as long as none fails.

    Args:
        job: What to run.
        children: The list of running workers; when it stops, they end.
        environment: Variables besides those of this process, such as ``CUDA_VISIBLE_DEVICES``.
        on_line: Called with each command, and each line that it writes to standard error.

    Returns:
        How it ended.
    """
    began, run, tries = time.monotonic(), "", 0
    say = _logged(Path(job.log), on_line) if job.log else on_line
    with _Commands(job, children, environment, say) as commands:
        for group in (job.commands, *job.followers):
            made = ""
            for words in group:
                given = [word.replace(CELLS_RUN, run) for word in words]
                ended, tries = commands.run([*given, *([made] if made else [])])
                if ended.code:
                    status = INTERRUPTED if children.stopping and ended.code in INTERRUPTED_CODES else FAILED
                    return Outcome(status, run or made, _reason(ended), time.monotonic() - began, tries)
                made = made or ended.last_word
            run = run or made
    return Outcome(DONE, run, "", time.monotonic() - began, tries)


class _Commands:
    """Runs commands in a worker, and in another one after a failure."""

    def __init__(self, job: Job, children: Children, environment: Mapping[str, str], say: OnLine) -> None:
        self._job, self._children, self._environment, self._say = job, children, environment, say
        self._worker: Worker | None = None
        self._held = ExitStack()

    def __enter__(self) -> "_Commands":
        return self

    def __exit__(self, *error: object) -> None:
        self._held.__exit__(*error)  # type: ignore[arg-type]

    def run(self, words: Sequence[str]) -> tuple[Ended, int]:
        """Run a command until it succeeds, cannot succeed, or has no tries left; also return the number of tries."""
        tries = 0
        while True:
            tries += 1
            ended = self._run_once(words)
            if ended.code in INTERRUPTED_CODES:
                self._children.wait_for_stop()
            if ended.code in {0, *HOPELESS_CODES} or self._children.stopping or tries > self._job.retries:
                return ended, tries

    def _run_once(self, words: Sequence[str]) -> Ended:
        self._say(f"$ geomgen {' '.join(words)}")
        try:
            if self._worker is None:
                self._worker = self._held.enter_context(self._children.started(self._job, self._environment))
        except OSError as error:
            return Ended(1, "", str(error))
        ended = self._worker.run(words, self._say)
        if ended.code:
            self._worker = None
            self._held.close()
        return ended


def _reason(ended: Ended) -> str:
    if ended.code < 0:
        hint = " (out of memory?)" if ended.code == -signal.SIGKILL else ""
        return f"killed by {signal.Signals(-ended.code).name}{hint}"
    return ended.last_line or f"exit code {ended.code}"


def _logged(path: Path, on_line: OnLine) -> OnLine:
    """Return a function that appends a line to a file and passes it to another function."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)

    def say(line: str) -> None:
        append_line(path, line)
        on_line(line)

    return say
