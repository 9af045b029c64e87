"""What geomgen tells a person when something is wrong: what it is, why, and what to do about it.

Every error that a user can cause is one of these. The command line prints it as one panel and ends with its exit code;
anything else that escapes is a bug in geomgen.
"""

from typing import ClassVar


class GeomgenError(Exception):
    """Base of all errors that a user can act on.

    Args:
        problem: What is wrong, with the value and the limit that it broke.
        remedy: What to do about it.
    """

    exit_code: ClassVar[int] = 1
    title: ClassVar[str] = "Error"

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


class BugError(GeomgenError):
    """Something that geomgen did not expect: a mistake in its code."""

    title: ClassVar[str] = "A bug in geomgen"


class UsageError(GeomgenError):
    """An option, argument or configuration that cannot be carried out."""

    exit_code = 2
    title = "Usage"


class DataError(GeomgenError):
    """A data set, checkpoint, table or run that is damaged, foreign or unfinished."""

    exit_code = 3
    title = "Bad data"


class DivergedError(GeomgenError):
    """A training whose loss stopped being a finite number."""

    exit_code = 3
    title = "Training diverged"


class DiskError(GeomgenError):
    """The operating system refused to read or write a file."""

    exit_code = 4
    title = "Disk"


class InterruptedRunError(GeomgenError):
    """A run that was asked to stop (Ctrl-C or SIGTERM) and saved its state first."""

    exit_code = 130
    title = "Interrupted"
