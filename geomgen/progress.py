"""What long work tells of itself."""

from collections.abc import Callable

OnProgress = Callable[[int, int, str], None]
"""Told how many units of work are done, of how many, and what is being done."""


def silent(_done: int, _total: int, _note: str) -> None:
    """Show no progress."""
