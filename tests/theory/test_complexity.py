"""Lempel-Ziv complexity against its known values and a plain implementation."""

import numpy as np
import pytest
from numpy.typing import NDArray

from geomgen.theory.complexity import lz_complexity, lz_phrases


def bits(text: str) -> NDArray[np.bool_]:
    return np.array([[digit == "1" for digit in text]])


def plain_phrases(text: str) -> int:
    start, phrases = 0, 0
    while start < len(text):
        end = start + 1
        while end <= len(text) and text[start:end] in text[: end - 1]:
            end += 1
        start, phrases = end, phrases + 1
    return phrases


PARITY = "".join(str(number.bit_count() % 2) for number in range(128))


@pytest.mark.parametrize(
    ("text", "complexity"),
    [("0" * 128, 7), ("1" * 128, 7), ("01" * 64, 21), ("0001" * 32, 24.5), (PARITY, 91), ("0", 0), ("10", 2)],
)
def test_known_strings(text: str, complexity: float) -> None:
    assert lz_complexity(bits(text)).tolist() == [complexity]


def test_an_unfinished_phrase_counts() -> None:
    assert lz_phrases(bits("0001000")).tolist() == [3]


@pytest.mark.parametrize("length", [1, 2, 7, 64, 300])
def test_random_strings_are_parsed_like_the_plain_way(length: int) -> None:
    strings = np.random.default_rng(length).random((2000 if length < 100 else 60, length)) < 0.3
    texts = ["".join(map(str, row.astype(int))) for row in strings]
    assert lz_phrases(strings).tolist() == [plain_phrases(text) for text in texts]


def test_no_strings() -> None:
    assert lz_phrases(np.zeros((0, 5), bool)).shape == (0,)
