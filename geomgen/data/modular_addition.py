"""Modular addition: all pairs of numbers below P with their sum modulo P, a computed data set."""

import torch

from geomgen.data.dataset import Dataset, Split
from geomgen.errors import UsageError

NAME = "modular-addition"
DEFAULT_MODULUS, SMALLEST_MODULUS, LARGEST_MODULUS = 23, 2, 200


def is_modular_addition(source: str) -> bool:
    """Return whether a data set's name is ``modular-addition`` or ``modular-addition:P``, whatever P is."""
    return source.partition(":")[0] == NAME


def read_modular_addition(source: str) -> Dataset:
    """Return the data set of a name.

    Args:
        source: ``modular-addition:P``, or ``modular-addition`` for P = 23.

    Raises:
        UsageError: If P is not a whole number from 2 to 200.
    """
    given = source.partition(":")[2] if ":" in source else str(DEFAULT_MODULUS)
    if not given.isdecimal() or not SMALLEST_MODULUS <= int(given) <= LARGEST_MODULUS:
        raise UsageError(
            f"--data {source}: P is {given!r}.",
            f"Give a whole number from {SMALLEST_MODULUS} to {LARGEST_MODULUS}, as in {NAME}:{DEFAULT_MODULUS}.",
        )
    return modular_addition(int(given))


def modular_addition(modulus: int) -> Dataset:
    """Return all P^2 pairs (a, b), one half for training and the other for testing, with labels (a + b) mod P.

    An image has two rows of P pixels, ``(1, 2, P)`` float32: the first is 1 at a and the second at b, and all else is
    0. The halves are drawn at random, the same ones for every network; an odd pair is for training.

    Args:
        modulus: P.

    Source:
        Power et al. (2022), Grokking: Generalization Beyond Overfitting on Small Algorithmic Datasets.
    """
    numbers = torch.arange(modulus)
    pairs = torch.cartesian_prod(numbers, numbers)
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(modulus))
    half = (len(pairs) + 1) // 2
    train, test = (_split(pairs[chosen], modulus) for chosen in (order[:half], order[half:]))
    return Dataset(f"{NAME}:{modulus}", train, test, num_classes=modulus)


def _split(pairs: torch.Tensor, modulus: int) -> Split:
    images = torch.nn.functional.one_hot(pairs, modulus).float()[:, None]
    return Split(images, pairs.sum(1) % modulus)
