"""Polynomials fitted to noisy points of a sine: how much of their error is bias, variance and noise."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.config.regress import PolynomialConfig
from geomgen.measures.regression.draws import drawn
from geomgen.numerics.least_squares import minimum_norm
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.regression import PolynomialRow
from geomgen.theory.regression import random_polynomial_tail

NUM_NODES = 256


@dataclass(frozen=True)
class _Draws:
    """Training inputs in [-1, 1], and targets; nodes and weights of the test points.

    B is 1 and k = R if all R repetitions have the same inputs, else B is R and k = 1.
    """

    inputs: Float64[Tensor, "B n"]
    targets: Float64[Tensor, "B n k"]
    nodes: Float64[Tensor, " G"]
    weights: Float64[Tensor, " G"]


def polynomial(config: PolynomialConfig, progress: OnProgress) -> list[PolynomialRow]:
    """Return the parts of the error of every degree and basis, all on the same draws.

    Args:
        config: Options.
        progress: Called after every row.
    """
    draws = _draw(config)
    rows: list[PolynomialRow] = []
    for basis in config.basis:
        train, test = (_basis(basis, points, config) for points in (draws.inputs, draws.nodes))
        for degree in config.degrees:
            used = slice(degree + 1)
            rows.append(_row(basis, degree, train[..., used], test[:, used], draws, config))
            progress(len(rows), len(config.basis) * len(config.degrees), f"{basis} degree {degree}")
    return rows


def needed_bytes(config: PolynomialConfig) -> int:
    """Return the memory of the basis at the points of all repetitions, and of a copy for factorisation."""
    return 3 * 8 * config.repetitions * (config.samples * (max(config.degrees) + 1) + NUM_NODES)


def sine(points: Float64[Tensor, "*shape"]) -> Float64[Tensor, "*shape"]:
    """Return sin(pi t), one period on [-1, 1]."""
    return (math.pi * points).sin()


def _draw(config: PolynomialConfig) -> _Draws:
    source = generator(config.seed, "regress-polynomial")
    count, size = config.repetitions, config.samples
    if config.inputs == "even":
        inputs = ((2 * torch.arange(size, dtype=torch.float64) + 1) / size - 1)[None]
    else:
        inputs = torch.empty(count, size, dtype=torch.float64).uniform_(-1, 1, generator=source)
    noise = torch.randn(len(inputs), size, count // len(inputs), generator=source, dtype=torch.float64)
    targets = sine(inputs)[..., None] + math.sqrt(config.noise_variance) * noise
    nodes, weights = np.polynomial.legendre.leggauss(NUM_NODES)
    return _Draws(inputs, targets, torch.from_numpy(nodes), torch.from_numpy(weights / 2))


def _basis(name: str, points: Tensor, config: PolynomialConfig) -> Tensor:
    """Return all basis functions at points in [-1, 1], ``(..., largest degree + 1)``."""
    degrees = torch.arange(max(config.degrees) + 1)
    if name == "raw":
        return (config.interval * points[..., None]) ** degrees
    values: Tensor = torch.special.legendre_polynomial_p(points[..., None], degrees)
    return values * (2 * degrees + 1).double().sqrt()


def _row(
    basis: str, degree: int, train: Tensor, test: Tensor, draws: _Draws, config: PolynomialConfig
) -> PolynomialRow:
    fitted = minimum_norm(train, draws.targets)
    fits = (test @ fitted.solution).transpose(1, 2).reshape(config.repetitions, -1)
    errors = (fits - sine(draws.nodes)).square() @ draws.weights + config.noise_variance
    variance = float(fits.var(dim=0) @ draws.weights)
    offset = float((fits.mean(dim=0) - sine(draws.nodes)).square() @ draws.weights)
    is_random = config.inputs == "random"
    tail = random_polynomial_tail(config.samples, degree, config.noise_variance) if is_random else math.inf
    error = drawn(errors, tail)
    rank = int(fitted.rank.min())
    exact_bias, exact_variance = (None, None) if is_random else _exact(train[0], test, draws, config)
    return PolynomialRow(
        basis=basis,
        degree=degree,
        samples=config.samples,
        inputs=config.inputs,
        repetitions=config.repetitions,
        bias_squared=offset - variance / config.repetitions,
        bias_squared_theory=exact_bias,
        variance=variance,
        variance_theory=exact_variance,
        noise=config.noise_variance,
        test_error=error.mean,
        test_error_stderr=error.stderr,
        test_error_stderr_note=error.stderr_note,
        test_error_median=error.median,
        test_error_median_stderr=error.median_stderr,
        test_error_median_low=error.median_low,
        test_error_median_high=error.median_high,
        train_error=float((train @ fitted.solution - draws.targets).square().mean()),
        solution_norm_median=float(fitted.solution.norm(dim=1).median()),
        min_rank=rank,
        resolved=rank == min(config.samples, degree + 1),
    )


def _exact(train: Tensor, test: Tensor, draws: _Draws, config: PolynomialConfig) -> tuple[float, float]:
    """Return squared bias and variance of the fit S y at fixed inputs: |S f - f|^2 and noise variance |S|^2."""
    identity = torch.eye(len(train), dtype=torch.float64)
    smoother = test @ minimum_norm(train, identity).solution
    bias = smoother @ sine(draws.inputs[0]) - sine(draws.nodes)
    squares = smoother.square().sum(1)
    return float(bias.square() @ draws.weights), config.noise_variance * float(squares @ draws.weights)
