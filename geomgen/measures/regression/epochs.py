"""Gradient descent on features of two scales with noisy targets, with its exact risk over time."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from geomgen.config.regress import EpochsConfig
from geomgen.measures.regression.draws import chunks, mean_and_stderr
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.regression import EpochsRow
from geomgen.theory.regression import descent_risk


def epochs(config: EpochsConfig, progress: OnProgress) -> list[EpochsRow]:
    """Return the risk at every step for every power of the step sizes, measured and exact.

    Args:
        config: Options.
        progress: Called after every power.
    """
    rows = []
    for done, power in enumerate(config.rate_power, 1):
        rows += _rows(power, config)
        progress(done, len(config.rate_power), f"rate power {power:g}")
    return rows


def needed_bytes(config: EpochsConfig) -> int:
    """Return the memory of the draws that are made at once, and of the risks of all."""
    size = config.samples * 2 * config.features_per_scale
    return 8 * (4 * size * next(chunks(config.repetitions, size)) + config.repetitions * len(config.steps))


def _rows(power: float, config: EpochsConfig) -> list[EpochsRow]:
    variances, coefficients = _truth(config)
    rates, noise = config.large_rate * variances**-power, config.noise_variance / config.samples
    risks = _risks(rates, variances, coefficients, config)
    rows = []
    for step, values in zip(sorted(config.steps), risks, strict=True):
        mean, stderr = mean_and_stderr(values)
        exact = descent_risk(step, rates.numpy(), variances.numpy(), coefficients.numpy(), noise)
        rows.append(EpochsRow(power, step, config.repetitions, mean, stderr, exact))
    return rows


def _truth(config: EpochsConfig) -> tuple[Tensor, Tensor]:
    """Return variances and true coefficients of the features, large ones first; a group shares its signal equally."""
    variances = torch.tensor([1.0, config.small_scale**2], dtype=torch.float64).repeat_interleave(
        config.features_per_scale
    )
    signals = torch.tensor([config.signal_large, config.signal_small], dtype=torch.float64)
    return variances, (
        signals.repeat_interleave(config.features_per_scale) / config.features_per_scale / variances
    ).sqrt()


def _risks(rates: Tensor, variances: Tensor, coefficients: Tensor, config: EpochsConfig) -> Tensor:
    """Return the excess risk at each step of each draw, ``(T, R)``; all powers see the same draws."""
    source = generator(config.seed, "regress-epochs")
    parts = []
    for count in chunks(config.repetitions, config.samples * len(variances)):
        normal = torch.randn(count, config.samples, len(variances), generator=source, dtype=torch.float64)
        inputs = torch.linalg.qr(normal).Q * (config.samples * variances).sqrt()
        noise = torch.randn(count, config.samples, generator=source, dtype=torch.float64)
        targets = inputs @ coefficients + math.sqrt(config.noise_variance) * noise
        errors = [weights - coefficients for weights in _descent(inputs, targets, rates, sorted(config.steps))]
        parts.append(torch.stack([error.square() @ variances for error in errors]))
    return torch.cat(parts, 1)


def _descent(inputs: Tensor, targets: Tensor, rates: Tensor, steps: list[int]) -> Iterator[Tensor]:
    """Yield the weights ``(R, p)`` after each of the steps, from 0, on the squared error over 2n."""
    gram = inputs.mT @ inputs / inputs.shape[1]
    moments = (inputs.mT @ targets[..., None]) / inputs.shape[1]
    weights, done = torch.zeros_like(moments), 0
    for step in steps:
        for _ in range(step - done):
            weights = weights - rates[:, None] * (gram @ weights - moments)
        done = step
        yield weights[..., 0]
