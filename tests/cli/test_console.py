"""What stands on standard error: errors as a panel or a line, notes, and how far the work is."""

import io
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from geomgen.cli.console import (
    FOR_PROGRAMS,
    note,
    note_on_data,
    progress,
    results_only,
    show_error,
    terminal_width,
)
from geomgen.errors import DataError, UsageError

ERROR = UsageError("--width 0 is\ntoo small.", "Choose 1.")


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


@pytest.fixture(autouse=True)
def _for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOR_PROGRAMS, raising=False)
    monkeypatch.setenv("COLUMNS", "60")


def _on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard error a terminal; not in a fixture, since pytest replaces the stream once those are made."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    return stream


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the time, which is 0 at the start."""
    now = [0.0]
    monkeypatch.setattr("geomgen.cli.console.time.monotonic", lambda: now[0])

    def set_time(seconds: float) -> None:
        now[0] = seconds

    return set_time


def test_an_error_is_a_panel_with_its_title_problem_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(ERROR)
    captured = capsys.readouterr()
    lines = [line.strip("│ ") for line in captured.err.splitlines()]
    assert captured.out == ""
    assert lines[0].startswith("╭─ Usage ─")
    assert lines[1:-1] == ["--width 0 is", "too small.", "Choose 1."]
    assert len({len(line) for line in captured.err.splitlines()}) == 1
    assert "\x1b" not in captured.err


def test_what_is_to_be_known_about_data_is_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    remarks = {"a.npz": ["One.", "Two."], "mnist": [], "b": ["Three."]}
    note_on_data(remarks, quiet=True)
    note_on_data(remarks)
    captured = capsys.readouterr()
    assert captured.err.splitlines() == ["--data a.npz: One.", "--data a.npz: Two.", "--data b: Three."]
    assert captured.out == ""


def test_a_program_gets_an_error_as_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOR_PROGRAMS, "1")
    show_error(ERROR)
    assert capsys.readouterr().err == "Usage: --width 0 is too small. Choose 1.\n"


def test_brackets_are_no_markup_and_escape_codes_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(DataError("[red]a\x1b[2J", "b[/]"))
    told = capsys.readouterr().err
    assert "[red]a\\x1b[2J" in told
    assert "b[/]" in told
    note("\x1b[2Jc")
    assert capsys.readouterr().err == "\\x1b[2Jc\n"


def test_a_terminal_has_colour_unless_it_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    red = "\x1b[31m"
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = _on_a_terminal(monkeypatch)
    show_error(ERROR)
    assert red in coloured.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = _on_a_terminal(monkeypatch)
    show_error(ERROR)
    assert "Choose 1." in plain.getvalue()
    assert red not in plain.getvalue()


def test_a_note_is_a_line_on_standard_error_and_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    note("one")
    note("two", quiet=True)
    assert tuple(capsys.readouterr()) == ("", "one\n")


def test_off_a_terminal_progress_is_a_line_every_half_minute_with_the_time_left(
    capsys: pytest.CaptureFixture[str], clock: Callable[[float], None]
) -> None:
    with progress("train", quiet=False) as show:
        for seconds, done in ((1, 10), (30, 12), (31, 20), (60, 30), (62, 40)):
            clock(seconds)
            show(done, 110, f"epoch {done}")
    assert capsys.readouterr().err.splitlines() == [
        "train: 20/110, epoch 20, about 279 s left",
        "train: 40/110, epoch 40, about 145 s left",
    ]


def test_the_time_left_is_that_of_the_part_that_goes_on(
    capsys: pytest.CaptureFixture[str], clock: Callable[[float], None]
) -> None:
    with progress("posterior", quiet=False) as show:
        for seconds, done, what in ((0, 0, "slow"), (100, 10, "slow"), (110, 0, "quick"), (140, 5, "quick")):
            clock(seconds)
            show(done, 10, what)
        clock(180)
        show(2, 6, "other")
        clock(220)
        show(4, 6, "other")
    assert capsys.readouterr().err.splitlines() == [
        "posterior: 10/10, slow, about 0 s left",
        "posterior: 5/10, quick, about 30 s left",
        "posterior: 4/6, other, about 40 s left",
    ]


def test_a_program_gets_a_line_a_second(
    capsys: pytest.CaptureFixture[str], clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOR_PROGRAMS, "1")
    with progress("train", quiet=False) as show:
        for seconds, done in ((2, 0), (2.5, 1), (3, 2), (4, 3)):
            clock(seconds)
            show(done, 10, "x")
    assert capsys.readouterr().err.splitlines() == ["train: 1/10, x, about 22 s left", "train: 3/10, x, about 9 s left"]


def test_on_a_terminal_progress_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _on_a_terminal(monkeypatch)
    with progress("train", quiet=False) as show:
        show(3, 7, "epoch 1")
    assert "3/7" in terminal.getvalue()
    assert "epoch 1" in terminal.getvalue()


def test_quiet_progress_says_nothing(capsys: pytest.CaptureFixture[str], clock: Callable[[float], None]) -> None:
    with progress("train", quiet=True) as show:
        show(0, 10, "x")
        clock(1000)
        show(1, 10, "x")
    assert tuple(capsys.readouterr()) == ("", "")


def test_a_table_is_as_wide_as_the_terminal_or_100(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_width() == 60
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(sys, "__stdout__", io.StringIO())
    assert terminal_width() == 100


def test_what_work_prints_by_any_way_is_kept_from_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    sys.stdout.write("a result\n")
    with progress("work", quiet=True):
        sys.stdout.write("printed\n")
        print("to the stream itself", file=sys.__stdout__)
        os.write(1, b"written\n")
        subprocess.run(["echo", "from a child"], check=True)
    sys.stdout.write("another result\n")
    captured = capfd.readouterr()
    assert captured.out.splitlines() == ["a result", "another result"]
    assert {"printed", "written", "from a child"} <= set(captured.err.splitlines())


def test_results_go_on_after_work_that_failed(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), results_only():
        raise KeyError
    sys.stdout.write("a result\n")
    assert capfd.readouterr().out == "a result\n"
