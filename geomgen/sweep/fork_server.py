"""A server that has imported what commands need, and forks workers quickly; the server's side.

A worker has one socket. It receives commands, one line of JSON each. It sends everything that the worker writes to
standard error, and lines that begin with `MARK`: who the worker is, how a command ended, and from the server, which
holds the socket for as long as the worker lives, how the worker died.
"""

import io
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from typing import Any, NoReturn

MARK = "\0geomgen "
STDIN, STDOUT, STDERR = range(3)
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP)

Run = Callable[[Sequence[str]], int]
"""Runs the words of one command in this process and returns its exit code."""


def serve(prepare: Callable[[], object], run: Run) -> None:
    """Fork a worker for each socket that arrives through standard input, itself a socket, until that is closed.

    The server survives signals that ask to stop, so that it can report how its workers ended; they receive them as
    usual. A worker starts single-threaded if this process is single-threaded at that time.

    Args:
        prepare: Imports what commands need, once.
        run: Runs one command in the worker.
    """
    handlers = {which: signal.signal(which, signal.SIG_IGN) for which in STOPPING}
    prepare()
    server = _Server(handlers)
    while (channel := server.next_channel()) is not None:
        server.fork(channel, run)
    server.stop()


class _Server:
    def __init__(self, handlers: Mapping[signal.Signals, Any]) -> None:
        self._handlers = handlers
        self._requests = socket.socket(fileno=os.dup(STDIN))
        self._workers: dict[int, socket.socket] = {}
        self._woken, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def next_channel(self) -> socket.socket | None:
        """Return the socket of the next worker, reporting meanwhile those that die; None after the last request."""
        while True:
            ready, _, _ = select.select([self._requests.fileno(), self._woken], [], [])
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._tell_of_the_dead()
            if self._requests.fileno() in ready:
                _, files, _, _ = socket.recv_fds(self._requests, 1, 1)
                return socket.socket(fileno=files[0]) if files else None

    def fork(self, channel: socket.socket, run: Run) -> None:
        """Fork the worker of a socket, whose first line configures it."""
        with channel.makefile() as lines:
            line = lines.readline()
        if not line:
            channel.close()
            return
        wish = json.loads(line)
        pid = os.fork()
        if pid == 0:
            self._become_worker(channel, wish, run)
        self._workers[pid] = channel

    def stop(self) -> None:
        """Ask all workers to save and exit."""
        for pid in self._workers:
            os.kill(pid, signal.SIGTERM)

    def _become_worker(self, channel: socket.socket, wish: Mapping[str, Any], run: Run) -> NoReturn:
        code = 1
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            for which, handler in {**self._handlers, signal.SIGCHLD: signal.SIG_DFL}.items():
                signal.signal(which, handler)
            for other in (self._requests, *self._workers.values()):
                other.close()
            _settle(channel, wish)
            code = _work(channel, run)
        except Exception:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)  # whatever happens, a worker must not continue as a server

    def _tell_of_the_dead(self) -> None:
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with self._workers.pop(pid) as channel, suppress(OSError):
                tell(channel, died=os.waitstatus_to_exitcode(status))


def tell(channel: socket.socket, **message: object) -> None:
    """Send a marked line; what was written before it need not have ended with a newline."""
    channel.sendall(f"\n{MARK}{json.dumps(message)}\n".encode())


def _settle(channel: socket.socket, wish: Mapping[str, Any]) -> None:
    """Give a worker its environment and folder; its standard error is the socket, and its standard input is empty."""
    os.environ.clear()
    os.environ.update(wish["environment"])
    os.chdir(wish["folder"])
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor, target in ((nothing, STDIN), (nothing, STDOUT), (channel.fileno(), STDERR)):
        os.dup2(descriptor, target)
    os.close(nothing)


def _work(channel: socket.socket, run: Run) -> int:
    """Run the commands that arrive, one after the other, until one fails or there are no more."""
    tell(channel, pid=os.getpid())
    with channel.makefile() as commands:
        for command in commands:
            with redirect_stdout(io.StringIO()) as output:
                code = run(json.loads(command))
            sys.stderr.flush()
            lines = output.getvalue().split("\n")
            tell(channel, code=code, last_line=next(filter(str.strip, reversed(lines)), "").strip())
            if code:
                return code
    return 0
