"""The server that forks workers, by what goes up and down its sockets."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from geomgen.sweep.fork_server import MARK, tell

Line = str | dict[str, Any]


class Server(NamedTuple):
    """A server in its own process, and the socket that requests go to."""

    process: subprocess.Popen[bytes]
    requests: socket.socket


class Worker(NamedTuple):
    """A worker that has told its number: this side of its socket, and what else goes up."""

    pid: int
    channel: socket.socket
    lines: Iterator[Line]

    def send(self, *commands: tuple[str, ...]) -> None:
        """Send commands at once: a worker may end after the first."""
        self.channel.sendall("".join(f"{json.dumps(words)}\n" for words in commands).encode())


Fork = Callable[..., Worker]


@pytest.fixture
def server() -> Iterator[Server]:
    requests, theirs = socket.socketpair()
    command = [sys.executable, "-m", "tests.sweep.stand_in"]
    with theirs, subprocess.Popen(command, stdin=theirs.fileno(), start_new_session=True) as process:
        yield Server(process, requests)
        requests.close()
    assert process.returncode == 0


@pytest.fixture
def fork(server: Server, tmp_path: Path) -> Iterator[Fork]:
    """Ask for a worker and wait until it has told its number: what is sent before that may be lost."""
    with ExitStack() as channels:

        def asked(**environment: str) -> Worker:
            ours, theirs = socket.socketpair()
            channels.enter_context(ours)
            with theirs:
                socket.send_fds(server.requests, [b"w"], [theirs.fileno()])
            wish = {"environment": {"OMP_NUM_THREADS": "2", **environment}, "folder": str(tmp_path)}
            ours.sendall(f"{json.dumps(wish)}\n".encode())
            lines = _lines(ours)
            first = next(lines)
            assert isinstance(first, dict)
            return Worker(first["pid"], ours, lines)

        yield asked


def _lines(channel: socket.socket) -> Iterator[Line]:
    """Yield what goes up: messages, and lines that are not empty.

    If a worker dies before it has read everything, the socket ends with a reset.
    """
    with channel.makefile() as file, suppress(ConnectionResetError):
        for line in file:
            if line.startswith(MARK):
                yield json.loads(line.removeprefix(MARK))
            elif line.strip():
                yield line.strip()


def test_a_message_is_a_line_of_its_own_whatever_stands_before_it() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"half a line")
        tell(theirs, code=0, last_line="a\nb")
        theirs.shutdown(socket.SHUT_WR)
        assert list(_lines(ours)) == ["half a line", {"code": 0, "last_line": "a\nb"}]


def test_a_worker_tells_how_each_command_ended_and_that_it_died(fork: Fork, tmp_path: Path) -> None:
    one = fork(CUDA_VISIBLE_DEVICES="5")
    assert one.pid != os.getpid()
    one.send(("train", "."), ("volume", "."))
    one.channel.shutdown(socket.SHUT_WR)
    assert list(one.lines) == [
        {"code": 0, "last_line": "./run-of-train"}, {"code": 0, "last_line": "./run-of-volume"}, {"died": 0},
    ]  # fmt: skip
    assert (tmp_path / "begun").read_text() == "train 5 2\nvolume 5 2\n"


def test_after_a_command_that_fails_the_worker_ends_with_its_code(fork: Fork) -> None:
    one = fork()
    one.send(("usage", "."), ("train", "."))
    assert list(one.lines) == ["Usage: --width 0 is too small.", {"code": 2, "last_line": ""}, {"died": 2}]


def test_of_a_worker_that_was_killed_the_server_tells_the_signal(fork: Fork) -> None:
    one = fork()
    one.send(("crash", "."))
    assert list(one.lines) == [{"died": -signal.SIGSEGV}]


def test_workers_have_nothing_of_each_others_environment(fork: Fork, tmp_path: Path) -> None:
    for one in (fork(CUDA_VISIBLE_DEVICES="1"), fork()):
        one.send(("train", "."))
        one.channel.shutdown(socket.SHUT_WR)
        assert list(one.lines)[-1] == {"died": 0}
    assert (tmp_path / "begun").read_text() == "train 1 2\ntrain  2\n"


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP])
def test_the_server_outlives_what_asks_to_stop_and_its_workers_do_not(
    server: Server, fork: Fork, which: signal.Signals
) -> None:
    one = fork()
    server.process.send_signal(which)
    os.kill(one.pid, which)
    last = list(one.lines)[-1]
    assert isinstance(last, dict)
    assert last["died"] != 0
    assert fork().pid != one.pid


def test_who_asks_and_goes_away_costs_nothing(server: Server, fork: Fork) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(server.requests, [b"w"], [theirs.fileno()])
    ours.close()
    assert fork().pid > 0


def test_when_nobody_asks_any_more_workers_are_told_to_save_and_the_server_ends(server: Server, fork: Fork) -> None:
    one = fork()
    one.send(("save-when-told", "."))
    assert next(one.lines) == "ready"
    server.requests.close()
    assert next(one.lines) == {"code": 130, "last_line": ""}
    assert server.process.wait(60) == 0
