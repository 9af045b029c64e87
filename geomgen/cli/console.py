"""What is shown besides the results, on standard error: progress, notes and errors."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from typing import TYPE_CHECKING

import typer

from geomgen.errors import GeomgenError, printable

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_INTERVAL_S, PROGRAM_INTERVAL_S = 30.0, 1.0
STDOUT, STDERR = 1, 2
FOR_PROGRAMS = "GEOMGEN_LINES"


def error_console() -> "Console":
    """Return a console on standard error; colour only on a terminal, and never with NO_COLOR."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def show_error(error: GeomgenError) -> None:
    """Print what is wrong and what to do about it: as one panel, or as one line for a program that reads it."""
    if _is_read_by_a_program():
        note(f"{error.title}: {' '.join(str(error).split())}")
        return
    from rich.panel import Panel
    from rich.text import Text

    body = Text.assemble(error.problem, "\n", (error.remedy, "bold"))
    error_console().print(Panel(body, title=error.title, title_align="left", border_style="red"))


def note(text: str, *, quiet: bool = False) -> None:
    """Print a line on standard error."""
    if not quiet:
        typer.echo(printable(text), err=True)


def note_on_data(remarks: Mapping[str, Sequence[str]], *, quiet: bool = False) -> None:
    """Print what is to be known about data sets, by their names or paths."""
    for source, sentences in remarks.items():
        for sentence in sentences:
            note(f"--data {source}: {sentence}", quiet=quiet)


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    """Show the progress of the work inside the block: a bar on a terminal, otherwise a plain line every half minute.

    What the work itself prints goes to standard error; see `results_only`.

    Yields:
        A function of the units done, the units in total, and what is being done.
    """
    with results_only():
        if quiet:
            yield lambda _done, _total, _note: None
        elif sys.stderr.isatty():
            with _bar(title) as show:
                yield show
        else:
            yield _plain(title)


@contextmanager
def results_only() -> Iterator[None]:
    """Keep standard output for results: what anything inside the block prints, such as a user's network, is an error's.

    The file descriptor is redirected too, for what is not written through Python.
    """
    sys.stdout.flush()
    with ExitStack() as after:
        with suppress(OSError):  # one of them is closed
            results = os.dup(STDOUT)
            after.callback(os.close, results)
            os.dup2(STDERR, STDOUT)
            after.callback(os.dup2, results, STDOUT)
        if sys.__stdout__ is not None:
            after.callback(sys.__stdout__.flush)
        with redirect_stdout(sys.stderr):
            yield


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int, str], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=error_console()) as bar:
        task = bar.add_task(title, total=None, note="", rate="")
        seen: tuple[int, int] | None = None

        def show(done: int, total: int, note: str) -> None:
            nonlocal seen
            if _is_another_part(seen, done, total):
                bar.reset(task)
            seen = done, total
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total, note=note, rate=f"{speed:,.0f}/s" if speed else "")

        yield show


def _is_another_part(seen: tuple[int, int] | None, done: int, total: int) -> bool:
    """Return whether other work has begun, whose units may take another time: fewer are done, or the total differs."""
    return seen is not None and (done < seen[0] or total != seen[1])


def _plain(title: str) -> Callable[[int, int, str], None]:
    interval_s = PROGRAM_INTERVAL_S if _is_read_by_a_program() else PLAIN_INTERVAL_S
    began = last = time.monotonic()
    first = 0
    seen: tuple[int, int] | None = None

    def show(done: int, total: int, text: str) -> None:
        nonlocal began, last, first, seen
        now = time.monotonic()
        if seen is None:
            first = done
        elif _is_another_part(seen, done, total):
            began, first = now, done
        seen = done, total
        if now - last > interval_s and done > first:
            last = now
            left_s = (now - began) / (done - first) * (total - done)
            note(f"{title}: {done}/{total}, {text}, about {left_s:.0f} s left")

    return show


def _is_read_by_a_program() -> bool:
    """Return whether a sweep reads standard error: then progress is one line per second, and an error one line."""
    return FOR_PROGRAMS in os.environ


def terminal_width() -> int:
    """Return how many columns a table may take: the terminal's, COLUMNS, or 100 without a terminal."""
    return shutil.get_terminal_size((100, 24)).columns
