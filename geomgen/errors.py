"""The errors that geomgen shows: what is wrong, why, and what to do about it.

Every error that a user can cause is one of these. The command line prints it as one panel and ends with its exit code;
anything else that escapes is a bug in geomgen.
"""

import math
import re
from collections.abc import Iterable
from typing import ClassVar

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return a text with escape codes for characters that would control a terminal; tabs and line breaks stay."""
    return UNPRINTABLE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


class GeomgenError(Exception):
    """Base of all errors that a user can act on.

    Args:
        problem: What is wrong, with the value and the limit that it broke.
        remedy: What to do about it.
    """

    exit_code: ClassVar[int] = 1
    title: ClassVar[str] = "Error"

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = printable(problem)
        self.remedy = printable(remedy)
        super().__init__(f"{self.problem} {self.remedy}")

    def __reduce__(self) -> tuple[type["GeomgenError"], tuple[str, str]]:
        """Return what another process makes it from."""
        return type(self), (self.problem, self.remedy)


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return a remedy for an unknown word: the one that was probably meant, or all known ones."""
    import difflib

    words = list(known)
    close = difflib.get_close_matches(word, words, n=1)
    return f"Did you mean '{close[0]}'?" if close else f"{otherwise}: {', '.join(words)}."


class BugError(GeomgenError):
    """An unexpected condition: a mistake in geomgen's code."""

    title: ClassVar[str] = "A bug in geomgen"


class UsageError(GeomgenError):
    """An option, argument or configuration that cannot be carried out."""

    exit_code = 2
    title = "Usage"


def require_divisor(flag: str, size: int, height: int, width: int) -> None:
    """Refuse squares that do not tile an image.

    Raises:
        UsageError: If the side of a square does not divide height and width; it names those that do.
    """
    common = math.gcd(height, width)
    if common % size:
        fitting = ", ".join(str(number) for number in range(1, common + 1) if common % number == 0)
        raise UsageError(f"{flag} {size} does not divide images of {height} x {width}.", f"Choose one of: {fitting}.")


class DataError(GeomgenError):
    """A data set, checkpoint, table or run that is damaged, foreign or unfinished."""

    exit_code = 3
    title = "Bad data"


class NoDataError(DataError):
    """A quantity that has not been measured yet."""

    title: ClassVar[str] = "Not measured yet"


class DivergedError(GeomgenError):
    """A training whose loss stopped being a finite number."""

    exit_code = 3
    title = "Training diverged"


class DiskError(GeomgenError):
    """The operating system refused to read or write a file."""

    exit_code = 4
    title = "Disk"


class FailedCellsError(GeomgenError):
    """A sweep of which some cells failed; the others are done."""

    exit_code = 5
    title = "Some cells failed"


class InterruptedRunError(GeomgenError):
    """A run that was asked to stop (Ctrl-C, SIGTERM, SIGUSR1 or SIGHUP) and saved its state first."""

    exit_code = 130
    title = "Interrupted"
