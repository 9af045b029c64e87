"""Randomness: one generator per purpose, all from one seed."""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch


def generator(seed: int, purpose: str, index: int = 0) -> torch.Generator:
    """Return the source of randomness for one purpose of a run.

    Its seed is the first 8 bytes of SHA-256(seed, purpose, index), so adding a purpose changes no other stream, and the
    global RNG is neither read nor advanced.

    Args:
        seed: The run's seed.
        purpose: What the numbers are for, such as ``"initial-parameters"``.
        index: Distinguishes repeats, such as the epoch.
    """
    return torch.Generator().manual_seed(int.from_bytes(_digest(seed, purpose, index)[:8], "big") >> 1)


def numpy_generator(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """Return the same for NumPy, from the seed of `generator`."""
    return np.random.default_rng(generator(seed, purpose, index).initial_seed())


def two_of(numbers: Sequence[int], seed: int, purpose: str, index: int = 0) -> tuple[int, int]:
    """Draw two of some numbers without replacement, in a tenth of the time that a generator takes.

    Args:
        numbers: At least two.
        seed: The run's seed.
        purpose: What they are for.
        index: Distinguishes repeats.

    Returns:
        Two different ones, in random order.
    """
    drawn, count = int.from_bytes(_digest(seed, purpose, index), "big"), len(numbers)
    drawn, first = divmod(drawn, count)
    return numbers[first], numbers[(first + 1 + drawn % (count - 1)) % count]


def _digest(seed: int, purpose: str, index: int) -> bytes:
    return hashlib.sha256(f"{seed}/{purpose}/{index}".encode()).digest()
