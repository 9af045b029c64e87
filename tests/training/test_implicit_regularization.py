"""The penalty against a quadratic, and signal and noise of gradients against distributions that are known."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.models.build import build_model
from geomgen.models.functional.gradient import penalised_gradients
from geomgen.numerics.seeds import generator
from geomgen.training.implicit_regularization import (
    batch_gradients,
    bits_of,
    gradient_noise,
    implicit_lambda,
)


def test_a_penalty_of_lambda_is_the_term_that_finite_steps_add() -> None:
    learning_rate, point = 0.01, torch.tensor([2.8, 3.5], dtype=torch.float64, requires_grad=True)

    def loss() -> Tensor:
        return (0.6 - point[0] * point[1]).square() / 2

    penalty = implicit_lambda(TrainConfig(optimizer="sgd", lr=learning_rate), num_parameters=2)
    assert penalty is not None
    (gradient,) = torch.autograd.grad(loss(), [point], create_graph=True)
    (expected,) = torch.autograd.grad(loss() + learning_rate / 4 * gradient.square().sum(), [point])
    assert torch.allclose(penalised_gradients(loss(), [point], penalty)[0], expected, rtol=1e-6)


def test_lambda_is_that_of_plain_gradient_descent_only() -> None:
    assert implicit_lambda(TrainConfig(optimizer="sgd", lr=0.2), 1000) == pytest.approx(50)
    assert implicit_lambda(TrainConfig(optimizer="sgd", lr=0.2, momentum=0.9), 1000) is None
    assert implicit_lambda(TrainConfig(optimizer="sgd", lr=0.2, clip_norm=1.0), 1000) is None
    assert implicit_lambda(TrainConfig(), 1000) is None


def test_signal_and_noise_are_those_of_numpy() -> None:
    drawn = torch.randn(7, 5, generator=generator(0, "test"))
    found, exact = gradient_noise(lambda: drawn), drawn.double().numpy()
    noise = np.trace(np.cov(exact.T))
    assert found.square == pytest.approx(np.square(exact.mean(0)).sum(), rel=1e-5)
    assert found.noise == pytest.approx(noise, rel=1e-5)
    assert found.snr == pytest.approx((np.square(exact.mean(0)).sum() - noise / 7) / noise, rel=1e-4)


def test_stderr_is_the_jackknife_written_out() -> None:
    drawn = 1 + torch.randn(6, 40, generator=generator(1, "test"))
    found = gradient_noise(lambda: drawn)
    parts = [gradient_noise(lambda index=index: drawn[torch.arange(6) != index]) for index in range(6)]  # type: ignore[misc]
    for name in ("snr", "bits"):
        values = np.array([getattr(part, name) for part in parts])
        assert getattr(found, f"{name}_stderr") == pytest.approx(math.sqrt(5) * values.std(), rel=1e-3)


def test_interval_of_bits_covers_the_truth_in_93_to_97_percent() -> None:
    source, num_batches, dim = generator(2, "test"), 16, 30
    signal = torch.randn(dim, generator=source)
    truth = bits_of(float(signal.square().sum()) / dim)
    quantile = stats.t.ppf(0.975, num_batches - 1)
    repeats, covered = 1500, 0
    for _ in range(repeats):
        drawn = signal + torch.randn(num_batches, dim, generator=source)
        found = gradient_noise(lambda drawn=drawn: drawn)  # type: ignore[misc]
        assert found.bits is not None
        assert found.bits_stderr is not None
        covered += abs(found.bits - truth) < quantile * found.bits_stderr
    assert 0.93 <= covered / repeats <= 0.97


def test_without_signal_a_step_carries_next_to_nothing() -> None:
    drawn = torch.randn(16, 10_000, generator=generator(3, "test"))
    found = gradient_noise(lambda: drawn)
    assert found.snr == pytest.approx(0, abs=5 / math.sqrt(10_000 * 16 * 15 / 2))
    assert found.bits is not None
    assert 0 <= found.bits < 0.01


def test_one_batch_has_no_noise_to_measure_and_equal_ones_have_none() -> None:
    vector = torch.tensor([[3.0, 4.0]])
    assert gradient_noise(lambda: vector) == (25.0, None, None, None, None, None, None)
    assert gradient_noise(lambda: vector.expand(4, 2)) == (25.0, 0.0, None, None, None, None, None)
    for drawn in (vector, vector.expand(4, 2)):
        assert gradient_noise(lambda drawn=drawn: drawn, torch.tensor([1.0, -2.0])).descended_square == 16 + 4  # type: ignore[misc]


def test_batches_that_have_no_noise_without_one_of_them_have_no_standard_errors() -> None:
    """Of two batches, or of any number of which all but one are equal."""
    for drawn in (torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 0.0]] * 3 + [[0.0, 1.0]])):
        found = gradient_noise(lambda drawn=drawn: drawn)  # type: ignore[misc]
        assert found.snr is not None
        assert found.bits is not None
        assert (found.snr_stderr, found.bits_stderr) == (None, None)


def test_three_times_the_noise_as_signal_are_one_bit() -> None:
    assert bits_of(3.0) == 1.0
    assert bits_of(-0.5) == 0.0


def test_batch_gradients_have_the_gradient_of_the_whole_as_mean(dataset: Dataset) -> None:
    config = TrainConfig(width=16).resolved(device="cpu", threads=1)
    model = build_model(config, dataset.input_shape, dataset.num_classes, generator(0, "initial-parameters"))
    images, labels = as_float(dataset.train.images), dataset.train.labels
    loss = torch.nn.functional.cross_entropy(model(images), labels)
    whole = torch.cat([gradient.reshape(-1) for gradient in torch.autograd.grad(loss, list(model.parameters()))])
    found = [(value, gradient.clone()) for value, gradient in batch_gradients(model, images, labels, 32)]
    assert torch.allclose(torch.stack([gradient for _, gradient in found]).mean(0), whole, atol=1e-6)
    assert sum(value for value, _ in found) / len(found) == pytest.approx(float(loss.detach()), rel=1e-6)
