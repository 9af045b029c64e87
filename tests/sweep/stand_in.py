"""Stands in for geomgen's command line in tests of how it is run: forks workers that run ``HOW [OPTION...] FOLDER``.

A command leaves a line in ``FOLDER/begun``.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from geomgen.sweep.fork_server import STOPPING, serve


def run(words: Sequence[str]) -> int:
    """Do as the first word says and return the exit code."""
    how, folder = words[0], Path(words[-1])
    with (folder / "begun").open("a") as file:
        file.write(f"{how} {os.environ.get('CUDA_VISIBLE_DEVICES', '')} {os.environ['OMP_NUM_THREADS']}\n")
    match how:
        case "usage":
            sys.stderr.write("Usage: --width 0 is too small.\n")
            return 2
        case "crash-once" if (folder / "begun").read_text().count(how) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "vanish":
            os.write(2, b"half a line")
            os._exit(0)
        case "kill-the-server" | "kill-the-server-and-crash":
            _kill_the_server()
            if how.endswith("crash"):
                os.kill(os.getpid(), signal.SIGKILL)
        case "save-when-told" | "save-unasked":
            return _saved(when_told=how == "save-when-told")
    sys.stdout.write(f"{folder}/run-of-{how}\n")
    return 0


def _kill_the_server() -> None:
    server = os.getppid()
    os.kill(server, signal.SIGKILL)
    while os.getppid() == server:
        time.sleep(0.01)


def _saved(*, when_told: bool) -> int:
    told: list[int] = []
    for which in (signal.SIGUSR1, signal.SIGTERM):  # of a sweep, and of the server
        signal.signal(which, lambda number, _: told.append(number))
    sys.stderr.write("ready\n")
    while when_told and not told:
        time.sleep(0.01)
    return 130


if __name__ == "__main__":
    for which in STOPPING:
        signal.signal(which, signal.SIG_DFL)  # in the background of a shell some are ignored, and workers inherit that
    serve(lambda: None, run)
