"""The work of an experiment, from which its time and memory are estimated."""

from typing import NamedTuple

FLOPS_PER_S = 1.0e11
BYTES_PER_S = 1.2e10
CALL_S = 2e-4
"""Speeds of one core of a server of 2023."""
ORTHANT_CALLS = 1.3
"""Layer calls that an orthant takes as long as, per dimension, of a few points."""


def duration(seconds: float) -> str:
    """Return a time in words: ``2 h 5 min``, ``3 min 20 s`` or ``14 s``."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s" if minutes else f"{left} s"


class Work(NamedTuple):
    """The work to do.

    Attributes:
        memory: Bytes held at the peak.
        flops: Floating-point operations; None if their number, and so the time, is unknown.
        traffic: Bytes moved.
        calls: Layer calls.
    """

    memory: int
    flops: float | None = None
    traffic: float = 0.0
    calls: float = 0.0

    def seconds(self, threads: int) -> float | None:
        """Return the time on a number of threads, without the start of the command; None if it is unknown."""
        if self.flops is None:
            return None
        return self.flops / (FLOPS_PER_S * threads) + self.traffic / BYTES_PER_S + self.calls * CALL_S
