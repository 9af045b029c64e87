"""Lempel-Ziv complexity of binary strings."""

import math

import numpy as np
from jaxtyping import Bool, Float64, Int64
from numpy import ndarray

CACHED = 2**17
"""Entries of a block's table of matches, so that it stays in the processor's cache."""


def lz_complexity(strings: Bool[ndarray, "count length"]) -> Float64[ndarray, " count"]:
    r"""Return the Lempel-Ziv complexity of binary strings, the same whether they are read forwards or backwards.

    C(s) = log2(L) (c(s) + c(reversed s)) / 2, c as `lz_phrases` counts it, L the length; log2(L) for a constant string.

    Args:
        strings: At least one bit each.

    Returns:
        In bits.

    Source:
        Lempel and Ziv (1976); Dingle, Camargo and Louis (2018) for the mean over both directions.
    """
    length = strings.shape[1]
    phrases = (lz_phrases(strings) + lz_phrases(strings[:, ::-1])) / 2
    is_constant = (strings == strings[:, :1]).all(1)
    return math.log2(length) * np.where(is_constant, 1.0, phrases)


def lz_phrases(strings: Bool[ndarray, "count length"]) -> Int64[ndarray, " count"]:
    """Return the number of phrases of the parsing of 1976.

    Each phrase is the shortest one that is no copy of what begins before it, which may overlap with it; an unfinished
    last one counts. So 0001000 is 0 | 001 | 000.

    Args:
        strings: At least one bit each.
    """
    count, length = strings.shape
    block = max(1, CACHED // length)
    parts = [_phrases(strings[start : start + block]) for start in range(0, count, block)]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _phrases(strings: Bool[ndarray, "count length"]) -> Int64[ndarray, " count"]:
    copied, (count, length) = _longest_copies(strings), strings.shape
    start, phrases = np.zeros(count, np.int64), np.zeros(count, np.int64)
    while (unread := start < length).any():
        phrases += unread
        start[unread] += copied[start[unread], unread] + np.int64(1)
    return phrases


def _longest_copies(strings: Bool[ndarray, "count length"]) -> ndarray:
    """Return how much from each position on is a copy of what begins earlier: ``(length, count)``.

    The common prefix of the string from i on and from j on is one longer than that from i + 1 and j + 1 on, if bits i
    and j agree.
    """
    bits, (count, length) = np.ascontiguousarray(strings.T), strings.shape
    common = np.zeros((length + 1, count), np.min_scalar_type(length))
    longest = np.zeros((length, count), common.dtype)
    for i in range(length - 1, 0, -1):
        common[:i] = (common[1 : i + 1] + 1) * (bits[:i] == bits[i])
        longest[i] = common[:i].max(0)
    return longest
