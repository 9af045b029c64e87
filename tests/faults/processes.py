"""Commands in processes of their own that save their state after every step, for as long as they live."""

import os
import sys
import time
from multiprocessing.context import ForkServerProcess
from random import Random

from tests.processes import CONTEXT


def start(*arguments: object) -> ForkServerProcess:
    """Start a command that saves its state after every step."""
    process = CONTEXT.Process(target=_command, args=([*map(str, arguments), "-q"],))
    process.start()
    return process


def run_to_the_end(*arguments: object) -> None:
    """Run a command that must succeed."""
    process = start(*arguments)
    process.join()
    assert process.exitcode == 0, arguments


def duration_s(*arguments: object) -> float:
    """Return how long a command takes that must succeed."""
    began = time.monotonic()
    run_to_the_end(*arguments)
    return time.monotonic() - began


def kill_at_random(source: Random, within_s: float, *arguments: object) -> int:
    """Start a command, kill it at a random moment, and return its exit code: 0 if it was faster."""
    process = start(*arguments)
    time.sleep(source.uniform(0, within_s))
    process.kill()
    process.join()
    assert process.exitcode in {0, -9}
    return process.exitcode or 0


def _command(words: list[str]) -> None:
    from geomgen.cli.app import main
    from geomgen.experiments import train

    train.SHORTEST_SAVE_INTERVAL_S, train.LARGEST_SAVE_SHARE = 0.0, 1e9
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.environ["GEOMGEN_THREADS"] = "1"
    sys.argv = ["geomgen", *words]
    main()
