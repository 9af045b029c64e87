"""Random Fourier features against each fit on its own, against the kernel that they tend to, and at the threshold."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from geomgen.config.regress import RffConfig
from geomgen.errors import UsageError
from geomgen.measures.regression.random_features import (
    Samples,
    _Features,
    half_median_distance,
    random_features,
    synthetic,
)
from geomgen.tables.regression import RffRow


def silent(*_arguments: Any) -> None:
    """Tell nobody."""


def explicit(config: RffConfig, bandwidth: float, inputs: torch.Tensor, count: int) -> np.ndarray:
    """Return the first features, cut where they are for all counts: that bears on how float32 products round."""
    pieces = _Features(config, bandwidth, inputs.shape[1], silent).pieces(0)
    return torch.cat([piece.values(inputs) for piece in pieces if piece.stop <= count], dim=1).numpy()


def two_outputs(config: RffConfig) -> tuple[Samples, Samples]:
    def doubled(samples: Samples) -> Samples:
        return Samples(samples.inputs, torch.cat([samples.targets, samples.targets.square()], dim=1))

    train, test = synthetic(config)
    return doubled(train), doubled(test)


@pytest.mark.parametrize("counts", [(3, 20, 40, 41, 600, 1100), (7, 30), (50, 520)])
def test_each_fit_is_the_pseudoinverse_on_its_own(counts: tuple[int, ...]) -> None:
    config = RffConfig(data="synthetic", samples=40, test_samples=60, features=counts, noise_variance=0.1)
    train, test = two_outputs(config)
    mean = train.targets.mean(0).numpy()
    for row in random_features(config, train, test, False, silent):
        fitted, tested = (explicit(config, row.kernel_bandwidth, part.inputs, row.features) for part in (train, test))
        weights = np.linalg.pinv(fitted) @ (train.targets.numpy() - mean)
        for features, part, found in ((fitted, train, row.train_error), (tested, test, row.test_error)):
            errors = ((features @ weights + mean - part.targets.numpy()) ** 2).sum(1)
            assert found == pytest.approx(errors.mean(), rel=1e-6, abs=1e-12)
        assert row.solution_norm == pytest.approx(np.linalg.norm(weights) * math.sqrt(row.features), rel=1e-6)
        assert row.degrees_of_freedom == row.numerical_rank == min(row.features, 40)
        assert row.solver == ("qr" if row.features <= 40 else "cholesky")


@pytest.mark.parametrize("count", [20, 90])
def test_a_ridge_is_that_of_features_divided_by_sqrt_p(count: int) -> None:
    ridge = 0.05
    config = RffConfig(data="synthetic", samples=40, test_samples=30, features=(count,), ridge=(ridge,))
    train, test = two_outputs(config)
    (row,) = random_features(config, train, test, False, silent)
    features = explicit(config, row.kernel_bandwidth, train.inputs, count) / math.sqrt(count)
    centred = (train.targets - train.targets.mean(0)).numpy()
    inverse = np.linalg.inv(features.T @ features + ridge * np.eye(count))
    weights = inverse @ features.T @ centred
    assert row.train_error == pytest.approx(((features @ weights - centred) ** 2).sum(1).mean(), rel=1e-8)
    assert row.solution_norm == pytest.approx(np.linalg.norm(weights), rel=1e-8)
    assert row.degrees_of_freedom == pytest.approx(np.trace(features @ inverse @ features.T), rel=1e-8)


def test_features_tend_to_the_gaussian_kernel() -> None:
    count = 20_000
    config = RffConfig(data="synthetic", samples=6, test_samples=2, features=(count,))
    train, _ = synthetic(config)
    features = explicit(config, 3.0, train.inputs, count)
    squared = np.square(np.linalg.norm(train.inputs[:, None].numpy() - train.inputs.numpy(), axis=2))
    exact = np.exp(-squared / (2 * 3.0**2))
    assert np.abs(features @ features.T / count - exact).max() < 5 * math.sqrt(2 / count)


def test_the_peak_is_where_features_are_samples_and_a_second_descent_follows() -> None:
    config = RffConfig(
        data="synthetic", samples=60, test_samples=500, features=(5, 20, 50, 60, 72, 200, 2000), noise_variance=0.05
    )
    train, test = synthetic(config)
    rows = random_features(config, train, test, False, silent)
    errors = {row.features: row.test_error for row in rows}
    assert max(errors, key=errors.__getitem__) == 60
    assert errors[2000] < min(errors[count] for count in (5, 20, 50))
    assert rows[3].solution_norm > 2 * rows[-1].solution_norm
    assert all(row.train_error < 1e-12 for row in rows if row.features >= 60)


def test_larger_sets_do_not_change_smaller_ones() -> None:
    def row(*counts: int) -> RffRow:
        config = RffConfig(data="synthetic", samples=30, test_samples=20, features=counts)
        return random_features(config, *synthetic(config), False, silent)[0]

    alone, among = row(10), row(10, 25, 700)
    assert among.test_error == pytest.approx(alone.test_error, rel=1e-9)


def test_repeated_samples_are_cut_off_and_said_to_be() -> None:
    config = RffConfig(data="synthetic", samples=20, test_samples=10, features=(15, 100))
    train, test = synthetic(config)
    twice = Samples(train.inputs[:10].repeat(2, 1), train.targets[:10].repeat(2, 1))
    for row in random_features(config, twice, test, False, silent):
        assert (row.numerical_rank, row.solver, row.condition_1_norm) == (10, "spectral", math.inf)
        assert row.train_error < 1e-9


def test_classes_are_counted_and_others_are_not() -> None:
    inputs = torch.eye(3).repeat(5, 1) + 0.01 * torch.arange(15)[:, None]
    targets = torch.eye(3, dtype=torch.float64).repeat(5, 1)
    config = RffConfig(samples=15, features=(400,))
    (row,) = random_features(config, Samples(inputs, targets), Samples(inputs, targets.roll(1, 1)), True, silent)
    assert (row.train_misclassified, row.test_misclassified) == (0.0, 1.0)
    assert (row.outputs, row.samples, row.test_samples) == (3, 15, 15)


def test_the_bandwidth_is_half_the_median_distance() -> None:
    assert half_median_distance(torch.tensor([[0.0], [1.0], [4.0]])) == pytest.approx(1.5)
    assert half_median_distance(torch.zeros(1, 3)) == 1.0
    with pytest.raises(UsageError, match=r"Most training inputs are equal, .* Give --bandwidth\."):
        half_median_distance(torch.zeros(5, 3))


def test_noise_is_of_the_kind_that_the_data_have() -> None:
    with pytest.raises(UsageError, match="--label-noise does not apply to --data synthetic"):
        RffConfig(data="synthetic", label_noise=0.1)
    with pytest.raises(UsageError, match="--noise-variance does not apply to --data mnist"):
        RffConfig(noise_variance=0.1)
