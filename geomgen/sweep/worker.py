"""Workers: processes that run the commands of a cell, forked from a server; the side that requests them.

Imports almost nothing, so that a server can be started before everything else.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from geomgen.sweep.fork_server import MARK


def program(statement: str) -> tuple[str, ...]:
    """Return a command that runs a statement in a new Python with this geomgen.

    Whatever lies in the current folder, a ``random.py`` or another geomgen, is not imported in place of what is meant.
    """
    here = str(Path(__file__).parents[2])
    first = f"import sys; sys.path.insert(0, {here!r}); import geomgen; del sys.path[0]"
    return (sys.executable, "-P", "-c", f"{first}; {statement}")


PROGRAM = program("from geomgen.cli.worker import main; main()")
"""Calls `fork_server.serve` with geomgen's command line."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
LARGE_PAGES = {"THP_MEM_ALLOC_ENABLE": "1"}  # as geomgen.cli.app sets it
ONE_THREAD = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""Keeps pyarrow from starting a thread when it is imported: a process that forks must be single-threaded."""

FORKS = 3
GRACE_S = 60.0
OnLine = Callable[[str], None]
_LOST: dict[str, Any] = {"died": 1}


class Ended(NamedTuple):
    """How a command ended.

    Attributes:
        code: Exit code, negative for a signal.
        last_word: Last line of its output.
        last_line: Last line of what it wrote to standard error.
    """

    code: int
    last_word: str
    last_line: str


class Worker:
    """A process that runs commands; it survives the death of the server that forked it.

    Args:
        channel: Its socket.

    Raises:
        ConnectionError: If the server died before it forked the worker.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel, self._said = channel, channel.makefile(errors="replace")
        self._has_died = False
        message = next(self._messages(lambda _line: None), {})
        if "pid" not in message:
            self.close()
            raise ConnectionError("the server is dead")
        self.pid: int = message["pid"]

    def run(self, words: Sequence[str], on_line: OnLine) -> Ended:
        """Run a command; after a failure, the worker cannot be used again.

        Args:
            words: What follows ``geomgen``.
            on_line: Called with each line that it writes to standard error.

        Returns:
            How it ended; a worker that dies before it reports success has failed.
        """
        last_line = ""

        def say(line: str) -> None:
            nonlocal last_line
            last_line = line
            on_line(line)

        with suppress(OSError):  # the socket says what happened to a dead worker
            self._channel.sendall(f"{json.dumps(words)}\n".encode())
        message = next(self._messages(say), _LOST)
        if "died" in message:
            return Ended(message["died"] or 1, "", last_line)
        return Ended(message["code"], message["last_line"], last_line)

    def terminate(self) -> None:
        """Ask it to save and exit.

        By SIGUSR1: whoever sends this process SIGTERM may have sent it to the worker too, and a second one would kill.
        """
        self._signal(signal.SIGUSR1)

    def close(self) -> None:
        """Wait until it has ended, after the last command; a worker that takes too long is killed."""
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_WR)
        patience = threading.Timer(GRACE_S, self._signal, [signal.SIGKILL])
        patience.start()
        try:
            for _ in self._messages(lambda _line: None):
                pass
        finally:
            patience.cancel()
            self._said.close()
            self._channel.close()

    def _signal(self, which: signal.Signals) -> None:
        if not self._has_died:
            with suppress(ProcessLookupError):
                os.kill(self.pid, which)

    def _messages(self, on_line: OnLine) -> Iterator[dict[str, Any]]:
        """Yield marked lines, and report other lines, until the worker has died."""
        while not self._has_died:
            line = self._next_line()
            if line.startswith(MARK):
                message = json.loads(line[len(MARK) :])
                self._has_died = "died" in message
                yield message
            elif line.strip():
                on_line(line.strip())
            elif not line:
                self._has_died = True

    def _next_line(self) -> str:
        try:
            return self._said.readline()
        except ConnectionResetError:  # it died with its server before it had read everything
            return ""


class ForkServer:
    """A server in its own process, restarted if it is killed.

    Args:
        program: The program to run; it calls `fork_server.serve`.
        environment: Its variables; libraries read the number of threads from them when they are loaded.
    """

    def __init__(self, program: Sequence[str], environment: Mapping[str, str]) -> None:
        self._program, self._environment = program, environment
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    def start(self) -> socket.socket:
        """Start it if it is not running.

        Returns:
            The socket for requests.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._end()
            if self._requests is None:
                self._requests, theirs = socket.socketpair()
                with theirs:
                    self._process = subprocess.Popen(
                        self._program, env=self._environment, stdin=theirs.fileno(), stdout=subprocess.DEVNULL,
                        start_new_session=True,
                    )  # fmt: skip
            return self._requests

    def fork(self, environment: Mapping[str, str]) -> Worker:
        """Return a new worker in its own session.

        Args:
            environment: All its variables.

        Raises:
            ConnectionError: If the server dies each time it is started.
        """
        wish = json.dumps({"environment": dict(environment), "folder": str(Path.cwd())})
        for _ in range(FORKS):
            with suppress(OSError):
                return Worker(self._asked(wish))
        raise ConnectionError("The server of workers died; the reason is above.")

    def stop(self) -> None:
        """End it; running workers are not affected."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._requests is not None:
            self._requests.close()
        self._process = self._requests = None

    def _asked(self, wish: str) -> socket.socket:
        """Return the socket of the worker requested from a server.

        Raises:
            OSError: If the server is dead, which is then recorded.
        """
        requests = self.start()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(requests, [b"w"], [theirs.fileno()])
            ours.sendall(f"{wish}\n".encode())
        except OSError:
            ours.close()
            self._forget(requests)
            raise
        return ours

    def _forget(self, requests: socket.socket) -> None:
        """End a server that does not respond, unless another one has been started meanwhile."""
        with self._lock:
            if requests is self._requests:
                self._end()


_servers: dict[tuple[Sequence[str], int], ForkServer] = {}
_lock = threading.Lock()


def server(threads: int) -> ForkServer:
    """Return this process's server for workers with a number of threads; it runs until this process ends."""
    with _lock:
        if (PROGRAM, threads) not in _servers:
            made = ForkServer(PROGRAM, {**variables(threads), **ONE_THREAD})
            atexit.register(made.stop)
            _servers[PROGRAM, threads] = made
        return _servers[PROGRAM, threads]


def variables(threads: int) -> dict[str, str]:
    """Return the environment of a cell: options come from the recipe alone, and standard error as lines."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GEOMGEN_")}
    return {**LARGE_PAGES, **inherited, **dict.fromkeys(THREAD_VARIABLES, str(threads)), "GEOMGEN_LINES": "1"}
