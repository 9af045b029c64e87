"""Exact counts of distinct rows of bytes, as they come, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

KEY_BYTES, COUNT_BYTES = 16, 16
COPIES = 6
"""How often a counted row is held at once: in the table and waiting for it, and while both are sorted together."""
FEWEST_WAITING = 2**16


class Counts(NamedTuple):
    """Distinct rows, by ascending key.

    Attributes:
        keys: ``(rows, 2)`` uint64: a hash of 128 bits, by which two rows are taken for the same.
        counts: ``(rows,)`` int64: how often each has come.
        first: ``(rows,)`` int64: number of the draw at which it first came.
        rows: ``(rows, bytes)`` uint8.
    """

    keys: NDArray[np.uint64]
    counts: NDArray[np.int64]
    first: NDArray[np.int64]
    rows: NDArray[np.uint8]

    @classmethod
    def none(cls, row_bytes: int) -> Self:
        """Return the counts of no rows, which would have so many bytes."""
        numbers = np.empty(0, np.int64)
        return cls(np.empty((0, 2), np.uint64), numbers, numbers, np.empty((0, row_bytes), np.uint8))

    @property
    def size(self) -> int:
        """How many they are."""
        return self.counts.size

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "Counts":
        """Return some of them."""
        return Counts(self.keys[which], self.counts[which], self.first[which], self.rows[which])

    def part(self, part: int, of: int) -> "Counts":
        """Return those whose key is in one of several parts of equal size.

        Args:
            part: Number of the part, from 0.
            of: Number of parts, a power of 2.
        """
        return self if of == 1 else self.chosen((self.keys[:, 0] & np.uint64(of - 1)) == part)


def counted(rows: NDArray[np.uint8], first: int) -> Counts:
    """Return the counts of rows.

    Args:
        rows: ``(draws, bytes)``.
        first: Number of the first draw.
    """
    digests = b"".join(blake2b(row, digest_size=KEY_BYTES).digest() for row in np.ascontiguousarray(rows))
    keys = np.frombuffer(digests, np.uint64).reshape(-1, 2)
    draws = np.arange(first, first + len(rows))
    return merged([Counts(keys, np.ones(len(rows), np.int64), draws, rows)])


def merged(parts: Sequence[Counts]) -> Counts:
    """Return the counts of several parts together, of which at least one is not empty."""
    keys, counts, first, rows = (np.concatenate(values) for values in zip(*parts, strict=True))
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, (ordered[1:] != ordered[:-1]).any(1)])
    together = np.add.reduceat(counts[order], starts), np.minimum.reduceat(first[order], starts)
    return Counts(ordered[starts], *together, rows[order[starts]])


def exact_counts(stream: Callable[[], Iterable[Counts]], capacity: int) -> Iterator[Counts]:
    """Yield the exact counts of all rows of a stream, in as many disjoint parts as memory asks for.

    If more than ``capacity`` distinct rows come, half of their keys are put off to a pass of their own over the stream,
    and so on.

    Args:
        stream: Begins the stream anew.
        capacity: Most distinct rows counted at once, at least 1.
    """
    parts = [(0, 1)]
    while parts:
        part, of = parts.pop()
        table: list[Counts] = []
        waiting: list[Counts] = []
        for chunk in stream():
            waiting.append(chunk.part(part, of))
            if _size(waiting) <= max(min(FEWEST_WAITING, capacity), _size(table)):
                continue
            table, waiting = [merged([*table, *waiting])], []
            while table[0].size > capacity:
                parts.append((part + of, 2 * of))
                of *= 2
                table = [table[0].part(part, of)]
        if _size([*table, *waiting]):
            yield merged([*table, *waiting])


def _size(parts: Sequence[Counts]) -> int:
    return sum(part.size for part in parts)


def capacity_of(memory_bytes: float, row_bytes: int) -> int:
    """Return how many distinct rows can be counted in some memory."""
    return max(1, int(memory_bytes / (COPIES * (KEY_BYTES + COUNT_BYTES + row_bytes))))
