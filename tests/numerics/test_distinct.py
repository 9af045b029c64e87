"""Counts of distinct rows against numpy, in one pass and in many."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from geomgen.numerics.distinct import Counts, capacity_of, counted, exact_counts, merged

ROWS = np.random.default_rng(0).integers(0, 40, (5000, 2), dtype=np.uint8)
CHUNK = 300


def stream() -> Iterator[Counts]:
    return (counted(ROWS[start : start + CHUNK], start) for start in range(0, len(ROWS), CHUNK))


def as_mapping(counts: Counts) -> dict[bytes, tuple[int, int]]:
    columns = zip(counts.rows, counts.counts.tolist(), counts.first.tolist(), strict=True)
    return {row.tobytes(): (count, first) for row, count, first in columns}


def truth(rows: NDArray[np.uint8]) -> dict[bytes, tuple[int, int]]:
    _, first, counts = np.unique(rows, axis=0, return_index=True, return_counts=True)
    found = zip(first.tolist(), counts.tolist(), strict=True)
    return {rows[place].tobytes(): (count, place) for place, count in found}


def test_rows_are_counted() -> None:
    assert as_mapping(counted(ROWS, 0)) == truth(ROWS)


def test_keys_are_in_order_and_parts_disjoint() -> None:
    counts = counted(ROWS, 7)
    assert (np.diff(counts.keys[:, 0].astype(float)) >= 0).all()
    assert counts.first.min() == 7
    halves = [counts.part(part, 4) for part in range(4)]
    assert as_mapping(merged(halves)) == as_mapping(counts)


@pytest.mark.parametrize(("capacity", "least", "most"), [(2000, 1, 1), (900, 2, 3), (100, 13, 40)])
def test_counts_are_exact_however_little_memory_there_is(capacity: int, least: int, most: int) -> None:
    passes = 0

    def counting() -> Iterator[Counts]:
        nonlocal passes
        passes += 1
        return stream()

    parts = list(exact_counts(counting, capacity))
    found = [as_mapping(part) for part in parts]
    assert {key: value for part in found for key, value in part.items()} == truth(ROWS)
    assert sum(map(len, found)) == len(truth(ROWS))
    assert least <= passes <= most


def test_a_capacity_is_at_least_one() -> None:
    assert capacity_of(1, 16) == 1
    assert capacity_of(6 * 48 * 1000, 16) == 1000
