"""How often each fault is tried: a few times in ``make test``, all times with ``--faults``, which prints the table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from geomgen import open_run, runs
from geomgen.store.files import TEMPORARY
from geomgen.store.run import Run
from geomgen.store.verify import Finding, verify
from tests.faults.processes import run_to_the_end

Trials = Callable[..., Iterator[Random]]


@dataclass
class Count:
    """A line of the table.

    Attributes:
        fault: What was done.
        claim: What must hold then.
        tried: How often it was done.
        held: How often it held.
    """

    fault: str
    claim: str
    tried: int = 0
    held: int = 0


COUNTS = pytest.StashKey[list[Count]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that asks for all trials."""
    parser.addoption("--faults", action="store_true", help="Try every fault as often as the README says.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    if config.getoption("--faults"):
        lines = [
            f"| {count.fault} | {count.claim} | {count.tried:,} | {count.held:,} |" for count in config.stash[COUNTS]
        ]
        for line in ("", "| fault | what must hold | tried | held |", "|---|---|---:|---:|", *lines):
            terminalreporter.write_line(line)


@pytest.fixture
def trials(request: pytest.FixtureRequest) -> Trials:
    """Return a function that yields a source of randomness for every trial of a fault, and counts those that held."""
    in_full = request.config.getoption("--faults", default=False)
    counts = request.config.stash.setdefault(COUNTS, [])

    def each(fault: str, claim: str, *, few: int, full: int, weight: int = 1) -> Iterator[Random]:
        count = Count(fault, claim)
        counts.append(count)
        for number in range((full if in_full else few) // weight):
            count.tried += weight
            yield Random(f"{fault} {number}")
            count.held += weight

    return each


@pytest.fixture
def in_full(request: pytest.FixtureRequest) -> None:
    """Skip what takes too long for ``make test``."""
    if not request.config.getoption("--faults", default=False):
        pytest.skip("part of make faults")


def findings(folder: Path) -> list[Finding]:
    """Return what verify finds in a folder of runs."""
    return verify(runs(folder), progress=lambda _done, _total, _run: None)


def damaged_files(run: Path) -> list[str]:
    """Return the files of a run that verify finds damaged."""
    found = verify([open_run(run)], progress=lambda _done, _total, _run: None)
    return [finding.file for finding in found if finding.status == "damaged"]


def assert_nothing_is_damaged(folder: Path) -> None:
    """Check that verify finds nothing but runs that are unfinished."""
    for found in findings(folder):
        assert found.status != "damaged", found
        assert not found.problem or found.problem.startswith("unfinished"), found


def temporaries(folder: Path) -> list[Path]:
    """Return what is not yet whole."""
    return [path for path in folder.rglob(".*") if path.name.endswith(TEMPORARY)]


@pytest.fixture(scope="session")
def trained(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished training that was never disturbed."""
    folder = tmp_path_factory.mktemp("trained")
    run_to_the_end("train", *SMALL, "--data", data_file, "--runs-dir", folder)
    (run,) = runs(folder)
    return run


SMALL = ("--width", 32, "--epochs", 8)
