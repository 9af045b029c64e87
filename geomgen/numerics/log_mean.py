"""Means of numbers that are known by their logarithms, with signs that a mean has not been resolved."""

import math
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

FEWEST_FOR_TAIL = 25
"""Fewest numbers to whose largest fifth a Pareto law is fitted."""


class LogMean(NamedTuple):
    """The logarithm of a mean.

    Attributes:
        value: ln of the mean, in nats.
        stderr: Its standard error by the delta method; NaN of a single number.
        ess: Effective number of terms, (sum w)^2 / sum w^2.
        pareto_k: Shape of the law of the largest terms; above 0.7 the mean is not resolved, and its standard error is
            too small. None for fewer than 25 terms, or if the largest are equal.
    """

    value: float
    stderr: float
    ess: float
    pareto_k: float | None


def log_mean_exp(logs: Float64[Tensor, " n"]) -> LogMean:
    """Return ln((1/n) sum exp(l_i)), computed without overflow.

    Args:
        logs: l, n >= 1; minus infinity of a term 0.

    Source:
        Vehtari et al. (2024), Pareto Smoothed Importance Sampling, for k.
    """
    count, total = len(logs), logs.logsumexp(0)
    if total == -math.inf:
        return LogMean(-math.inf, math.nan, 0.0, None)
    weights = (logs - total).exp()
    value = float(total) - math.log(count)
    stderr = math.sqrt(count) * float(weights.std()) if count > 1 else math.nan
    return LogMean(value, stderr, 1 / float(weights.square().sum()), pareto_k(logs))


def pareto_k(logs: Float64[Tensor, " n"]) -> float | None:
    """Return the shape of the Pareto law of the largest terms above 0; None if there are too few, or all are equal."""
    from arviz_stats.base.array import array_stats

    logs = logs[logs > logs.max() + math.log(torch.finfo(logs.dtype).tiny)]  # others are 0 beside the largest
    if len(logs) < FEWEST_FOR_TAIL or float(logs.max() - logs.min()) < torch.finfo(logs.dtype).eps ** 0.5:
        return None
    try:
        with np.errstate(divide="ignore", invalid="ignore"):  # a quartile of the tail, by which it divides, may be 0
            return float(array_stats.psislw((logs.max() - logs).numpy(force=True))[1])  # takes the logarithms of 1/w
    except ValueError:  # all of the tail is equal
        return None


class Ratio(NamedTuple):
    """A ratio of two means, with its standard error by the delta method."""

    value: float
    stderr: float


def ratio_of_means(log_numerators: Float64[Tensor, " n"], log_denominators: Float64[Tensor, " n"]) -> Ratio:
    """Return mean(exp(x)) / mean(exp(y)) of pairs of logarithms."""
    shift = float(torch.maximum(log_numerators, log_denominators).max())
    above, below = (log_numerators - shift).exp(), (log_denominators - shift).exp()
    ratio = float(above.mean() / below.mean())
    residuals = (above - ratio * below) / below.mean()
    count = len(residuals)
    return Ratio(ratio, float(residuals.std()) / math.sqrt(count) if count > 1 else math.nan)
