"""Figures drawn by other processes, while this one makes the next reports."""

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

from geomgen.errors import GeomgenError
from geomgen.report.content import MadeFigure
from geomgen.report.write import write_figure

SAFE_PATH = "PYTHONSAFEPATH"
MOST_PROCESSES = 8
"""More would wait for reports to be made."""


def write_figures(figures: Iterable[MadeFigure], folder: Path, processes: int) -> Iterator[list[Path]]:
    """Write figures, each as soon as it is made and a process is free.

    Args:
        figures: All are taken before the first is yielded.
        folder: Exists.
        processes: How many processes may draw; with 1, this one does.

    Yields:
        The files of each figure, in the order of the figures.

    Raises:
        DiskError: If the disk refuses.
        GeomgenError: If the system ends a process.
    """
    write = partial(write_figure, folder=folder)
    if processes == 1:
        yield from map(write, list(figures))
        return
    with _safe_path():
        pool = ProcessPoolExecutor(
            min(processes, MOST_PROCESSES), multiprocessing.get_context("spawn"), initializer=_serve
        )
        try:
            yield from pool.map(write, figures)
        except BrokenProcessPool as error:
            raise GeomgenError(
                "The system ended a process that drew figures.", "If memory ran out, choose fewer runs with --where."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _serve() -> None:
    """Leave Ctrl-C to the process that wants the figures, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


@contextmanager
def _safe_path() -> Iterator[None]:
    """Let Python start as with -P: what lies in the current folder is not imported in place of the standard library."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        os.environ.pop(SAFE_PATH)
        if before is not None:
            os.environ[SAFE_PATH] = before
