"""Code lengths and entropies against laws that are known."""

import math

import numpy as np
import pytest

from geomgen.numerics.code_length import code_length, entropy_bracket

REPEATS, VALUES = 300, 4096
LAW = np.arange(1, VALUES + 1.0) ** -1.2
LAW /= LAW.sum()


def test_the_code_of_a_large_sample_has_the_length_of_the_law() -> None:
    known, coded = np.array([5000, 3000, 2000, 0]), np.array([2, 1, 0, 1])
    unseen = 1 / 10_002
    exact = -(2 * math.log(0.5 * (1 - unseen)) + math.log(0.3 * (1 - unseen)) + math.log(unseen)) / 4
    assert code_length(known, coded, math.log(4)).value == pytest.approx(exact)


def test_the_code_is_a_law() -> None:
    known = np.random.default_rng(0).multinomial(500, LAW)
    lengths = [code_length(known, one, math.log(VALUES)).value for one in np.eye(VALUES, dtype=int)[:400]]
    seen = sum(math.exp(-length) for length, count in zip(lengths, known, strict=False) if count)
    least = math.exp(-max(lengths)) * int((known == 0).sum())
    late = sum(count * math.exp(-code_length(known, np.eye(1, VALUES, place, dtype=int)[0], math.log(VALUES)).value)
               for place, count in enumerate(known > 0) if place >= 400)  # fmt: skip
    assert seen + late + least == pytest.approx(1)


def test_everything_seen_leaves_nothing_unseen() -> None:
    found = code_length(np.array([1, 1]), np.array([3, 1]), math.log(2))
    assert found.value == pytest.approx(math.log(2))
    assert found.stderr == 0


def test_two_samples_of_one_law_have_one_length() -> None:
    source = np.random.default_rng(1)
    within = []
    for _ in range(REPEATS):
        known, *others = source.multinomial(500, LAW, size=3)
        one, two = (code_length(known, other, math.log(VALUES)) for other in others)
        within.append(abs(one.value - two.value) < 1.96 * math.hypot(one.stderr, two.stderr))
    assert 0.91 <= np.mean(within) <= 0.99


@pytest.mark.parametrize("draws", [100, 1000, 100_000])
def test_the_bracket_contains_the_entropy(draws: int) -> None:
    source, exact = np.random.default_rng(2), -float(LAW @ np.log(LAW))
    found = [entropy_bracket(source.multinomial(draws, LAW), math.log(VALUES)) for _ in range(REPEATS)]
    assert np.mean([low <= exact <= high for low, high in found]) >= 0.93
