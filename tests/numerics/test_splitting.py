"""Splitting is held against orthants whose probability is known."""

import math

import pytest
import torch
from scipy.special import ndtri
from scipy.stats import t
from torch import Tensor

from geomgen.numerics.seeds import generator
from geomgen.numerics.splitting import Score, Splitting, combined, split

TINY = 1e-30


def _least(states: Tensor) -> Tensor:
    return states.min(1).values


def _equicorrelated(signs: Tensor) -> Score:
    """Return the score of an orthant of variables that share half of their variance."""
    return lambda states: ((states[:, 1:] + states[:, :1]) * signs).min(1).values


def _runs(score: Score, dim: int, *, particles: int = 300, moves: int = 10, count: int = 8) -> list[Splitting]:
    return [
        split(score, dim, particles=particles, moves=moves, generator=generator(1, "splitting", index))
        for index in range(count)
    ]


@pytest.mark.parametrize(
    ("score", "dim", "truth"),
    [
        (_least, 6, 6 * math.log(0.5)),
        (_least, 40, 40 * math.log(0.5)),
        (_equicorrelated(torch.tensor([1.0, -1.0]).double().repeat(20)), 41, -29.363),
    ],
    ids=["likely", "1e-12", "1e-13-correlated"],
)
def test_probability_of_an_orthant(score: Score, dim: int, truth: float) -> None:
    runs = _runs(score, dim)
    found = combined(runs)
    assert abs(found.value - truth) < 0.3
    assert abs(found.value - truth) < t.ppf(0.995, 7) * found.stderr
    assert all(1 <= run.ancestors <= 300 for run in runs)


def test_orthants_of_a_hundred_variables_at_1e_30() -> None:
    """Moves of all coordinates alone are 4 nats too low here."""
    found = combined(_runs(_least, 100))
    assert abs(found.value - 100 * math.log(0.5)) < t.ppf(0.975, 7) * found.stderr
    assert found.stderr < 1


@pytest.mark.slow
def test_intervals_at_1e_30_cover() -> None:
    """50 intervals take 400 runs, and so some seconds: the law of their number allows no fewer."""
    bound = -ndtri(math.sqrt(TINY))
    runs = _runs(lambda states: states.min(1).values - bound, 2, particles=200, moves=2, count=400)
    found = [combined(runs[first : first + 8]) for first in range(0, 400, 8)]
    covering = sum(abs(one.value - math.log(TINY)) < t.ppf(0.975, 7) * one.stderr for one in found)
    assert 44 <= covering <= 50  # 98 % of binomial numbers


def test_same_seed_same_bits() -> None:
    assert _runs(_least, 4, particles=50) == _runs(_least, 4, particles=50)


def test_certain_event_takes_no_level() -> None:
    found = split(lambda states: states[:, 0] * 0 + 1, 2, particles=10, moves=1, generator=generator(0, "splitting"))
    assert found == Splitting(0.0, 0, 10)


def test_event_that_cannot_happen_is_an_error() -> None:
    with pytest.raises(ValueError, match="stuck at score -1: none is above it"):
        split(lambda states: states[:, 0] * 0 - 1, 2, particles=10, moves=1, generator=generator(0, "splitting"))


def test_too_few_runs_give_no_interval() -> None:
    with pytest.raises(ValueError, match="7 runs of splitting are too few for an interval: give at least 8"):
        combined([Splitting(-1.0, 1, 1)] * 7)
