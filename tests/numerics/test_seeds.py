"""Streams of random numbers are reproducible, distinct, and nobody else's."""

import itertools
from collections import Counter

import numpy as np
import torch

from geomgen.numerics.seeds import generator, numpy_generator, two_of


def test_streams_are_the_same_for_the_same_purpose_and_differ_otherwise() -> None:
    def draw(*key: object) -> torch.Tensor:
        return torch.rand(4, generator=generator(*key))  # type: ignore[arg-type]

    assert torch.equal(draw(0, "a"), draw(0, "a", 0))
    streams = [draw(0, "a"), draw(1, "a"), draw(0, "b"), draw(0, "a", 1)]
    assert len({tuple(stream.tolist()) for stream in streams}) == 4


def test_the_stream_is_pinned() -> None:
    assert torch.randint(0, 1000, (3,), generator=generator(7, "initial-parameters")).tolist() == [371, 841, 995]


def test_numpys_stream_has_the_same_seed() -> None:
    seed = generator(0, "order", 3).initial_seed()
    assert numpy_generator(0, "order", 3).random() == np.random.default_rng(seed).random()
    assert numpy_generator(0, "order", 3).random() != numpy_generator(0, "order", 4).random()


def test_two_of_some_numbers_are_every_pair_equally_often() -> None:
    draws, numbers = 6000, range(10, 15)
    found = Counter(two_of(numbers, seed, "test") for seed in range(draws))
    assert set(found) == set(itertools.permutations(numbers, 2))
    expected = draws / 20
    assert sum((count - expected) ** 2 / expected for count in found.values()) < 19 + 5 * (2 * 19) ** 0.5
    assert two_of(numbers, 0, "test", 1) == two_of(numbers, 0, "test", 1)
