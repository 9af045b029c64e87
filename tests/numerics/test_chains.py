"""Mixing of chains against autoregressive ones, whose worth is known."""

import numpy as np
import pytest

from geomgen.numerics.chains import mixing


def _chains(memory: float) -> np.ndarray:
    source = np.random.default_rng(0)
    noise = source.normal(size=(400, 500))
    values = np.empty_like(noise)
    values[:, 0] = noise[:, 0]
    for step in range(1, 500):
        values[:, step] = memory * values[:, step - 1] + np.sqrt(1 - memory**2) * noise[:, step]
    return values


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_the_worth_of_autoregressive_chains(memory: float) -> None:
    found = mixing(_chains(memory))
    exact = 400 * 500 * (1 - memory) / (1 + memory)
    assert found.effective == pytest.approx(exact, rel=5 * np.sqrt(2 / 399))
    assert 1 - 1e-2 < found.r_hat < 1.02


def test_chains_that_do_not_agree_are_worth_little() -> None:
    found = mixing(np.random.default_rng(0).normal(size=(8, 50)) + 10 * np.arange(8)[:, None])
    assert found.r_hat > 5
    assert found.effective < 10


def test_equal_values_agree() -> None:
    assert mixing(np.ones((3, 4))) == (1.0, 12.0)
