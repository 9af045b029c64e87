"""Noisy points of a line, fitted by gradient descent from the prior in three models of the same data.

y_n = c x_n + u_n. The ordinary model has the slope c only (u = 0); the slightly over-parameterised one has one noise
parameter per point (u_n = xi_n); in the very over-parameterised one u_n is a sum of many uniform terms, each a
parameter.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from scipy import stats
from torch import Tensor

from geomgen.config.regress import LinearConfig
from geomgen.measures.regression.draws import chunks
from geomgen.numerics.descent import Descent, gradient_descent
from geomgen.numerics.least_squares import minimum_norm
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.regression import LinearRow, LinearSummaryRow
from geomgen.theory.regression import descended_slope, slope_posterior

MODELS = ("ordinary", "slight", "very")
PUBLISHED_SLOPES = {"ordinary": 1.010, "slight": 1.046, "very": 1.031}


@dataclass(frozen=True)
class _Start:
    """Initial slopes, noise of each point, and mean norm of all initial parameters."""

    slopes: Float64[Tensor, " R"]
    noise: Float64[Tensor, "N R"]
    norm: float


def draw_points(config: LinearConfig) -> tuple[Float64[Tensor, " N"], Float64[Tensor, " N"]]:
    """Return inputs x and targets y = slope x + noise, all standard normal."""
    source = generator(config.seed, "regress-linear/points")
    inputs = torch.randn(config.samples, generator=source, dtype=torch.float64)
    noise = torch.randn(config.samples, generator=source, dtype=torch.float64)
    return inputs, config.slope * inputs + noise


def jacobian(model: str, inputs: Float64[Tensor, " N"], config: LinearConfig) -> Float64[Tensor, "N k"]:
    """Return the derivative A of the predictions with respect to the parameters; slope first, then noise."""
    terms = {"ordinary": 0, "slight": 1, "very": config.terms}[model]
    scale = _term_scale(config) if model == "very" else 1.0
    block = torch.full((1, terms), scale, dtype=torch.float64)
    noise = torch.kron(torch.eye(config.samples, dtype=torch.float64), block)
    return torch.cat([inputs[:, None], noise], dim=1)


def linear(config: LinearConfig, progress: OnProgress) -> tuple[list[LinearSummaryRow], list[LinearRow]]:
    """Return where gradient descent ends from every draw of the prior, by model.

    Args:
        config: Options.
        progress: Called after every model.
    """
    inputs, targets = draw_points(config)
    summaries, rows = [], []
    for done, model in enumerate(MODELS, 1):
        summary, found = _of_model(model, inputs, targets, config)
        summaries.append(summary)
        rows += found
        progress(done, len(MODELS), model)
    return summaries, rows


def needed_bytes(config: LinearConfig) -> int:
    """Return the memory of the largest Jacobian and its decomposition, and of six vectors per repetition."""
    return 8 * config.samples * (3 * config.samples * config.terms + 6 * config.repetitions)


def _of_model(
    model: str, inputs: Tensor, targets: Tensor, config: LinearConfig
) -> tuple[LinearSummaryRow, list[LinearRow]]:
    start = _draw_start(model, config)
    residuals = targets[:, None] - inputs[:, None] * start.slopes - start.noise
    design = _merged_jacobian(model, inputs, config)
    end = gradient_descent(design, residuals)
    moved, to_nearest = design.T @ end.dual, minimum_norm(design, residuals).solution
    distance, error = moved.norm(dim=0), (moved - to_nearest).norm(dim=0)
    slopes = start.slopes + inputs @ end.dual
    columns = (start.slopes, slopes, distance, error / distance)
    values = zip(*(values.tolist() for values in columns), strict=True)
    rows = [LinearRow(model, repetition, *value) for repetition, value in enumerate(values)]
    return _summary(model, inputs, targets, config, rows, end, start.norm), rows


def _draw_start(model: str, config: LinearConfig) -> _Start:
    """Draw initial parameters: standard normal, except the very over-parameterised model's terms, which are uniform."""
    source = generator(config.seed, f"regress-linear/prior-{model}")
    shape = config.samples, config.repetitions
    slopes = torch.randn(config.repetitions, generator=source, dtype=torch.float64)
    if model == "ordinary":
        return _Start(slopes, torch.zeros(shape, dtype=torch.float64), float(slopes.abs().mean()))
    if model == "slight":
        noise = torch.randn(shape, generator=source, dtype=torch.float64)
        return _Start(slopes, noise, float((slopes.square() + noise.square().sum(0)).sqrt().mean()))
    noise, squares = _sums_of_terms(config, source)
    return _Start(slopes, _term_scale(config) * noise, float((slopes.square() + squares).sqrt().mean()))


def _sums_of_terms(config: LinearConfig, source: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return each point's sum of uniform terms ``(N, R)``, and the sum of squares of all terms of a draw ``(R,)``."""
    bound = math.sqrt(3) if config.term_prior == "unit" else 1.0
    sums, squares = [], []
    for count in chunks(config.repetitions, config.samples * config.terms):
        shape = count, config.samples, config.terms
        terms = torch.empty(shape, dtype=torch.float64).uniform_(-bound, bound, generator=source)
        sums.append(terms.sum(2).T)
        squares.append(terms.square_().sum((1, 2)))
    return torch.cat(sums, dim=1), torch.cat(squares)


def _term_scale(config: LinearConfig) -> float:
    """Return the factor of a term that makes a point's terms add up to variance 1."""
    return math.sqrt((1 if config.term_prior == "unit" else 3) / config.terms)


def _gain(model: str, config: LinearConfig) -> float:
    """Return how far a step moves a point's noise, over how far it moves a parameter of weight 1 in predictions."""
    return {"ordinary": 0.0, "slight": 1.0, "very": config.terms * _term_scale(config) ** 2}[model]


def _merged_jacobian(model: str, inputs: Tensor, config: LinearConfig) -> Tensor:
    """Return the Jacobian with the equal columns of each point's terms merged, ``(N, 1 + N)`` float64."""
    noise = math.sqrt(_gain(model, config)) * torch.eye(config.samples, dtype=torch.float64)
    return torch.cat([inputs[:, None], noise], dim=1)


def _summary(
    model: str,
    inputs: Tensor,
    targets: Tensor,
    config: LinearConfig,
    rows: list[LinearRow],
    end: Descent,
    initial_norm: float,
) -> LinearSummaryRow:
    slopes = torch.tensor([row.slope for row in rows], dtype=torch.float64)
    variance, count = float(slopes.var()), len(rows)
    points = inputs.numpy(), targets.numpy()
    posterior, theory = slope_posterior(*points), descended_slope(*points, _gain(model, config))
    test = stats.ks_1samp(slopes.numpy(), stats.norm(posterior[0], math.sqrt(posterior[1])).cdf)
    derivative = jacobian(model, inputs, config)
    rank = int(torch.linalg.matrix_rank(derivative))
    distance = sum(row.distance for row in rows) / count
    return LinearSummaryRow(
        model=model,
        repetitions=count,
        slope_mean=float(slopes.mean()),
        slope_mean_stderr=math.sqrt(variance / count),
        slope_variance=variance,
        slope_variance_stderr=variance * math.sqrt(2 / (count - 1)),
        posterior_mean=posterior[0],
        posterior_variance=posterior[1],
        theory_mean=theory[0],
        theory_variance=theory[1],
        ks_distance=float(test.statistic),
        ks_p_value=float(test.pvalue),
        published_slope=PUBLISHED_SLOPES[model],
        distance_mean=distance,
        relative_distance_mean=distance / initial_norm,
        max_deviation=max(row.deviation for row in rows),
        num_parameters=derivative.shape[1],
        num_samples=len(inputs),
        jacobian_rank=rank,
        manifold_dim=derivative.shape[1] - rank,
        num_steps=end.num_steps,
        relative_gradient=end.relative_gradient,
        converged=end.converged,
    )
