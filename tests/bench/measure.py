"""Measuring in fresh processes, so that no environment variable or allocator leaks from one side to the other."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from geomgen.store.environment import environment

ROOT = Path(__file__).parents[2]
MACHINE = environment()
THREADS = int(MACHINE["cores"])
PEERS = ROOT / ".venv-peers/bin/python"
"""An environment of other packages for curvature and chains, which `make bench` builds."""
LARGE_PAGES = "THP_MEM_ALLOC_ENABLE"
OPENBLAS_OVERRIDES = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
MIB_PER_RSS = 2**-20 if sys.platform == "darwin" else 2**-10


class BenchmarkError(Exception):
    """A process of a benchmark failed."""


class Job(NamedTuple):
    """A function of this package that is called in a process of its own and returns numbers, ``seconds`` among them."""

    side: str
    function: str
    arguments: dict[str, Any]


class Outcome(NamedTuple):
    """What one process took, and what it printed or returned."""

    seconds: float
    peak_mib: float
    output: str
    values: dict[str, float]


def median_seconds(outcomes: Sequence[Outcome]) -> float | None:
    """Return the median time; None of nothing."""
    return statistics.median(outcome.seconds for outcome in outcomes) if outcomes else None


def peak_mib(outcomes: Sequence[Outcome]) -> float | None:
    """Return the largest resident set that any of the processes had; None of nothing, or if it cannot be told.

    The system counts a process's peak from its parent's on, so that nothing below this process's own can be told.
    """
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MIB_PER_RSS
    return max((outcome.peak_mib for outcome in outcomes if outcome.peak_mib > own), default=None)


def interleaved(repeats: int, *jobs: Job) -> list[list[Outcome]]:
    """Run jobs in turn, A B A B, and return the outcomes of each."""
    rounds = [[run_job(job) for job in jobs] for _ in range(repeats)]
    return [list(outcomes) for outcomes in zip(*rounds, strict=True)]


def run_job(job: Job) -> Outcome:
    """Run a job in the environment of its side; the outcome's seconds are those that it returned."""
    variables = (
        _environment() | {LARGE_PAGES: "1"}
        if job.side in {"ours", "limits", "curvature", "chains"}
        else _usual_environment()
    )
    if job.side == "peers":
        outcome = _run([str(PEERS), str(Path(__file__).with_name("peers.py")), *_asked(job)], variables)
    else:
        outcome = _run([sys.executable, "-m", "tests.bench.worker", job.side, *_asked(job)], variables)
    values = json.loads(outcome.output.splitlines()[-1])
    return outcome._replace(seconds=values["seconds"], values=values)


def _asked(job: Job) -> list[str]:
    return [job.function, json.dumps(job.arguments)]


def run_geomgen(*arguments: object) -> Outcome:
    """Run the command line."""
    return _run([sys.executable, "-m", "geomgen", *map(str, arguments)], _environment())


def _run(command: Sequence[str], variables: dict[str, str]) -> Outcome:
    with tempfile.TemporaryFile("w+") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().strip()
    if process.returncode:
        raise BenchmarkError(f"{' '.join(command)}: exit code {process.returncode}: {' '.join(text.split())[-300:]}")
    return Outcome(seconds, usage.ru_maxrss * MIB_PER_RSS, text, {})


def _environment() -> dict[str, str]:
    """Return this process's environment, with one number of threads for every library."""
    return {**os.environ, "OMP_NUM_THREADS": str(THREADS), "OPENBLAS_NUM_THREADS": str(THREADS)}


def _usual_environment() -> dict[str, str]:
    """Return the same without large pages, and without overrides of OpenBLAS where both are set: they slow numpy."""
    variables = _environment()
    dropped = {LARGE_PAGES} | (OPENBLAS_OVERRIDES if variables.keys() >= OPENBLAS_OVERRIDES else set())
    return {name: value for name, value in variables.items() if name not in dropped}
