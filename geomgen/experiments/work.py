"""What an experiment has to do, as far as time and memory depend on it."""

from typing import NamedTuple

FLOPS_PER_S = 1.0e11
BYTES_PER_S = 1.2e10
CALL_S = 2e-4
"""Speeds of one core of a server of 2023."""


class Work(NamedTuple):
    """What there is to do.

    Attributes:
        memory: Bytes held at the peak.
        flops: Floating-point operations; None if nobody knows how many, and so how long it will take.
        traffic: Bytes moved.
        calls: Layers gone through.
    """

    memory: int
    flops: float | None = None
    traffic: float = 0.0
    calls: float = 0.0

    def seconds(self, threads: int) -> float | None:
        """Return the time on so many threads, but for the start of the command; None if it is unknown."""
        if self.flops is None:
            return None
        return self.flops / (FLOPS_PER_S * threads) + self.traffic / BYTES_PER_S + self.calls * CALL_S
