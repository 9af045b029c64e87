"""Verdicts on made-up volumes: equal ones, and a spread that does not depend on the dimension, do not pass."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geomgen.store.run import Run
from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_minima import minima_run

Spread = Callable[[int], float]


def runs(folder: Path, spread: Spread, law: str = "normal", *, proportion: bool = True) -> list[Run]:
    """Return three seeds of volumes whose logarithms have a spread that depends on D, at the same data and not."""
    sizes = [(4, 8), (16, 8), (64, 8), *[(4, 4), (8, 8), (16, 16)] * proportion]
    drawn = np.random.default_rng(0)

    def run(width: int, size: int, seed: int) -> Run:
        values = drawn.normal(size=300) if law == "normal" else drawn.exponential(size=300)
        return minima_run(folder, spread(7 * width + 1) * values, width=width, train_size=size, seed=seed)

    return [run(width, size, seed) for width, size in sizes for seed in range(3)]


def test_a_spread_that_grows_and_log_normal_volumes(tmp_path: Path) -> None:
    found = judgement(runs(tmp_path, lambda dim: 0.2 * dim**0.7), "T3.5")
    assert found.verdict == "holds"
    assert [one.estimate.value for one in found.findings[:2]] == pytest.approx([0.7, 0.7], abs=0.05)
    assert "449 parameters" in found.evidence


@pytest.mark.parametrize("spread", [lambda dim: 3.0 + 0 * dim, lambda dim: 1e-9 * dim**0.7, lambda dim: 30 / dim**0.2])
def test_nulls_do_not_pass(tmp_path: Path, spread: Spread) -> None:
    """The same spread at every dimension; equal volumes; a spread that falls."""
    assert verdict(runs(tmp_path, spread), "T3.5") == "does not hold"


def test_equal_volumes_have_no_exponent_and_fail(tmp_path: Path) -> None:
    found = judgement(runs(tmp_path, lambda _dim: 0.0), "T3.5")
    assert found.verdict == "does not hold"
    assert "The volumes of a run are equal, so that their spread has no exponent." in found.evidence


def test_heavier_tails_than_log_normal_do_not_pass(tmp_path: Path) -> None:
    assert verdict(runs(tmp_path, lambda dim: 0.1 * dim**0.5, "exponential"), "T3.5") != "holds"


def test_data_in_proportion_are_needed_too(tmp_path: Path) -> None:
    found = judgement(runs(tmp_path, lambda dim: 0.2 * dim**0.7, proportion=False), "T3.5")
    assert found.verdict == "undecided"
    assert len(found.missing) == 3
