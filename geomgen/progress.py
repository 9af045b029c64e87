"""How long work reports its progress."""

from collections.abc import Callable

OnProgress = Callable[[int, int, str], None]
"""Called with the units of work done, the units in total, and what is being done."""


def silent(_done: int, _total: int, _note: str) -> None:
    """Show no progress."""
