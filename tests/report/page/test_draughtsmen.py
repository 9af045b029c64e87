"""Figures drawn by other processes are those drawn here, and what goes wrong there is told here."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from geomgen.errors import DiskError, GeomgenError
from geomgen.report.content import MadeFigure
from geomgen.report.figures import panels
from geomgen.report.page.draughtsmen import write_figures

PATIENCE_SECONDS = 60
DRAWING = """
import sys
from pathlib import Path
from tests.report.page.test_draughtsmen import figure, wait
from geomgen.report.page.draughtsmen import write_figures
folder = Path(sys.argv[1])
list(write_figures([figure(str(folder / str(name)), wait) for name in range(2)], folder, 2))
"""


def draw(numbers: pd.DataFrame) -> Figure:
    """Return a figure of one line."""
    whole, (ax,) = panels(1)
    ax.plot(numbers["x"], numbers["x"])
    return whole


def die(_numbers: pd.DataFrame) -> Figure:
    """End the process as the system does where memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def wait(numbers: pd.DataFrame) -> Figure:
    """Hold the lock of a file, and never return."""
    with Path(f"{numbers['name'][0]}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write("held")
        held.flush()
        time.sleep(1000)
    raise AssertionError


def figure(name: str, plot: Callable[[pd.DataFrame], Figure] = draw) -> MadeFigure:
    """Return a figure."""
    return MadeFigure(name, "Is it drawn?", pd.DataFrame({"x": [1.0, 2.0], "name": name}), plot)


def test_files_are_the_same_bytes_in_the_same_order(tmp_path: Path) -> None:
    figures = [figure(name) for name in "cab"]
    written = {}
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        folder.mkdir()
        written[processes] = [path for paths in write_figures(iter(figures), folder, processes) for path in paths]
    assert [path.name for path in written[2]] == [path.name for path in written[1]]
    assert [path.read_bytes() for path in written[2]] == [path.read_bytes() for path in written[1]]


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="nowhere"):
        list(write_figures([figure("one")], tmp_path / "nowhere", 2))


def test_a_process_that_is_ended_is_no_bug(tmp_path: Path) -> None:
    with pytest.raises(GeomgenError, match=r"The system ended a process .* choose fewer runs with --where\."):
        list(write_figures([figure("one", die)], tmp_path, 2))


def test_processes_end_with_the_one_that_they_draw_for(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("1 / 0")  # the standard library is meant, wherever the command is given
    paths = os.pathsep.join([str(Path(__file__).parents[3]), *sys.path])
    drawing = subprocess.Popen(
        [sys.executable, "-P", "-c", DRAWING, tmp_path], cwd=tmp_path, env=os.environ | {"PYTHONPATH": paths}
    )
    locks = [tmp_path / f"{name}.lock" for name in range(2)]
    try:
        _until(lambda: all(path.exists() and path.read_text() for path in locks))
        assert not any(map(_is_free, locks))
    finally:
        drawing.kill()
        drawing.wait()
    _until(lambda: all(map(_is_free, locks)))


def _is_free(lock: Path) -> bool:
    with lock.open() as wanted:
        try:
            fcntl.flock(wanted, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)
