"""What a person is told: the problem, the remedy, and nothing that steers a terminal."""

import pickle

import pytest

from geomgen import errors
from geomgen.errors import DataError, GeomgenError, NoDataError, UsageError, printable, suggestion

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GeomgenError)]


def test_an_error_says_problem_and_remedy() -> None:
    error = UsageError("--width 0 is too small.", "Give at least 1.")
    assert (error.problem, error.remedy, str(error)) == (
        "--width 0 is too small.", "Give at least 1.", "--width 0 is too small. Give at least 1.",
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_of_another_process_says_the_same(kind: type[GeomgenError]) -> None:
    error = pickle.loads(pickle.dumps(kind("It is so.", "Do this.")))
    assert (type(error), error.problem, error.remedy) == (kind, "It is so.", "Do this.")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\rb", r"a\rb"),
        ("\u202etxt.exe", r"\u202etxt.exe"),
        ("\ud800", r"\ud800"),
        ("5 ± 1 é", "5 ± 1 é"),
    ],
)
def test_nothing_steers_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert DataError(text, text).problem == shown


def test_the_word_that_was_probably_meant_else_all() -> None:
    assert suggestion("widht", ["width", "depth"], "There are") == "Did you mean 'width'?"
    assert suggestion("zzz", ["width", "depth"], "There are") == "There are: width, depth."


def test_exit_codes_are_those_of_the_readme() -> None:
    codes = {kind.__name__: kind.exit_code for kind in KINDS}
    assert codes == {
        "GeomgenError": 1, "BugError": 1, "UsageError": 2, "DataError": 3, "NoDataError": 3, "DivergedError": 3,
        "DiskError": 4, "FailedCellsError": 5, "InterruptedRunError": 130,
    }  # fmt: skip
    assert issubclass(NoDataError, DataError)
