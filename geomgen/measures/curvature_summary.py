"""The numbers that sum up the curvature at one state, by the columns of ``hessian_summary``."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from geomgen.measures.at_state import AtState
from geomgen.measures.zero_directions import known_zeros
from geomgen.models.functional.diagonal import Roots, diagonal, fisher_roots, gauss_newton_roots, is_piecewise_linear
from geomgen.models.functional.loss import cross_entropy
from geomgen.numerics.estimate import Estimate
from geomgen.numerics.lanczos import Ritz
from geomgen.numerics.spectrum import Bounded, KrylovSpectrum, Spectrum
from geomgen.tables.curvature import THRESHOLDS, share_column

BYTES = 8
CONVERGED = 0.01
ROOTS: Mapping[str, Roots] = {"hessian": gauss_newton_roots, "ggn": gauss_newton_roots, "fisher": fisher_roots}


def operator_numbers(at: AtState, operator: str, found: Spectrum) -> dict[str, Any]:
    """Return what is known of an operator besides its spectrum, its trace, and the loss.

    Args:
        at: The state.
        operator: hessian, ggn or fisher.
        found: Its spectrum.
    """
    gradient, loss = at.network.gradient_and_loss(at.theta, at.inputs, at.labels)
    zeros, trace = known_zeros(at.network, at.theta, at.inputs), _trace(at, operator, found)
    return {
        "dimension": len(at.theta),
        "num_classes": at.num_classes,
        "mean_loss": float(loss),
        "gradient_norm": float(torch.linalg.vector_norm(gradient)),
        "trace": trace.value,
        "trace_stderr": _known(trace.stderr),
        "dead_inputs": zeros.dead_inputs,
        "dead_units": zeros.dead_units,
        "logit_shift_zeros": zeros.logit_shift,
        "known_zeros": zeros.total,
        "rank_bound": _rank_bound(at, operator),
    }


def _trace(at: AtState, operator: str, found: Spectrum) -> Estimate:
    """Return the trace without error where the diagonal is known from one backward pass per class."""
    if isinstance(found, KrylovSpectrum) and (operator != "hessian" or is_piecewise_linear(at.network)):
        exact = diagonal(at.network, at.theta, at.inputs, at.labels, ROOTS[operator]).sum()
        return Estimate(float(exact), 0.0, math.inf, 1)
    return found.total(lambda values: values)


def _rank_bound(at: AtState, operator: str) -> int | None:
    per_image = {"fisher": 1, "ggn": at.num_classes - int(at.network.loss_function is cross_entropy)}
    return min(len(at.theta), len(at.inputs) * per_image[operator]) if operator in per_image else None


def spectrum_numbers(found: Spectrum, num_classes: int, zero: float) -> dict[str, Any]:
    """Return what follows from a spectrum.

    Args:
        found: The spectrum.
        num_classes: C.
        zero: Share of its eigenvalues that are known to be 0.
    """
    ritz, squares = found.ritz, found.total(torch.square)
    norm = math.sqrt(squares.value)
    return {
        "frobenius_norm": norm,
        "frobenius_norm_stderr": _known(squares.stderr / (2 * norm) if norm else 0.0),
        "eigenvalue_max": float(ritz.values[-1]),
        "eigenvalue_max_bound": float(ritz.residual_bounds[-1]),
        "eigenvalue_min": float(ritz.values[0]),
        "eigenvalue_min_bound": float(ritz.residual_bounds[0]),
        "effective_rank": found.total(torch.abs).value ** 2 / squares.value if norm else 0.0,
        "num_outliers": num_outliers(ritz, num_classes),
        **_shares(found, zero),
    }


def at_least_zero(of_operator: Mapping[str, Any]) -> float:
    """Return the share of eigenvalues that are known to be 0: what explains them, or what is beyond the rank."""
    dim: int = of_operator["dimension"]
    known: int = of_operator["known_zeros"]
    rank: int | None = of_operator["rank_bound"]
    return max(known, 0 if rank is None else dim - rank) / dim


def _shares(found: Spectrum, zero: float) -> dict[str, float]:
    """Return the shares of eigenvalues that are near zero, and negative, each with its bounds."""
    largest = float(found.ritz.values.abs().max())
    shares = {
        share_column(limit): _within(found.share(-limit * largest, limit * largest), zero, 1.0) for limit in THRESHOLDS
    }
    below = math.nextafter(-found.rounding, -math.inf)
    shares["negative_fraction"] = _within(found.share(-math.inf, below), 0.0, 1 - zero)
    named = [_named(name, share) for name, share in shares.items()]
    return {"noise_floor": found.rounding, **{name: value for one in named for name, value in one.items()}}


def _within(share: Bounded, low: float, high: float) -> Bounded:
    """Return a share whose bounds are not known exactly, narrowed to what is known of it otherwise."""
    if share.low == share.high:
        return share
    least, most = max(share.low, low), min(share.high, high)
    return Bounded((least + most) / 2, least, most)


def _named(name: str, share: Bounded) -> dict[str, float]:
    return {name: share.value, f"{name}_low": share.low, f"{name}_high": share.high}


def num_outliers(ritz: Ritz, num_classes: int) -> int | None:
    """Return how many eigenvalues are above the widest gap, by ratio, among the 3 C largest.

    Args:
        ritz: Eigenvalues, with bounds of their errors.
        num_classes: C.

    Returns:
        The count; None if an eigenvalue among the first C + 2 is not positive or not known to 1 %.
    """
    values, bounds = ritz.values.flip(0)[: 3 * num_classes], ritz.residual_bounds.flip(0)[: 3 * num_classes]
    resolved = int(((values > 0) & (bounds <= CONVERGED * values)).long().cumprod(0).sum())
    if resolved < num_classes + 2:
        return None
    return 1 + int((values[: resolved - 1] / values[1:resolved]).argmax())


def _known(stderr: float) -> float | None:
    return None if math.isnan(stderr) else stderr
