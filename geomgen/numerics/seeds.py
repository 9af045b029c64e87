"""Randomness: one generator per purpose, all from one seed."""

import hashlib

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
    digest = hashlib.sha256(f"{seed}/{purpose}/{index}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
