"""The spectrum of the loss's Hessian, or of an approximation of it that is never negative, and its rows."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.config.hessian import HessianConfig
from geomgen.errors import DataError
from geomgen.measures.at_state import AtState, Rows
from geomgen.measures.curvature_summary import BYTES, at_least_zero, operator_numbers, spectrum_numbers
from geomgen.models.functional.products import Curvature, empirical_fisher, gauss_newton, hessian
from geomgen.numerics.dense import Product, dense_matrix
from geomgen.numerics.lanczos import lanczos
from geomgen.numerics.seeds import generator
from geomgen.numerics.spectrum import ExactSpectrum, KrylovSpectrum, Spectrum, broadened, random_signs
from geomgen.tables.curvature import HessianDensityRow, HessianEigenvalueRow, HessianSummaryRow

BASIS_BYTES = 2**30
"""Most that the vectors of Lanczos may take; probes whose vectors do not fit together are run one after another."""
BROADENINGS = 200
"""How many broadenings of the density the spectrum is wide."""
OPERATORS: Mapping[str, Callable[..., Curvature]] = {
    "hessian": hessian,
    "ggn": gauss_newton,
    "fisher": empirical_fisher,
}


class Training(NamedTuple):
    """What a run's training has to do with its curvature.

    Attributes:
        run: Name of the run.
        seed: Its seed, which the probes are drawn from.
        learning_rate: None if it is unknown.
    """

    run: str
    seed: int
    learning_rate: float | None


def rows(at: AtState, config: HessianConfig, training: Training, on_product: Callable[[int], None]) -> Rows:
    """Return the rows of one state.

    Args:
        at: The state.
        config: The operator, and how its spectrum is found.
        training: Facts of the run.
        on_product: Called with the number of vectors of each product.

    Raises:
        DataError: If the loss is not finite.
    """
    _require_finite_loss(at, training)
    curvature = OPERATORS[config.operator](at.network, at.theta, at.inputs, at.labels)

    def product(block: Tensor) -> Tensor:
        on_product(len(block))
        return curvature(block)

    found = spectrum(product, at.theta, config, training.seed)
    keys = _keys(at, config, found)
    of_operator = operator_numbers(at, config.operator, found)
    summary = {**keys, **of_operator, **spectrum_numbers(found, at.num_classes, at_least_zero(of_operator))}
    sharpness = None if training.learning_rate is None else training.learning_rate * summary["eigenvalue_max"]
    return {
        "hessian_summary": [HessianSummaryRow(**summary, sharpness_times_lr=sharpness)],
        "hessian_eigenvalues": _eigenvalue_rows(found, keys),
        "hessian_density": _density_rows(found, keys),
    }


def _require_finite_loss(at: AtState, training: Training) -> None:
    loss = float(at.network.loss(at.theta, at.inputs, at.labels))
    if not math.isfinite(loss):
        raise DataError(
            f"The loss of the state '{at.state}' of {training.run} on {len(at.inputs)} images is {loss}.",
            "Measure a state from before it diverged, or train with a lower --lr.",
        )


def _keys(at: AtState, config: HessianConfig, found: Spectrum) -> dict[str, Any]:
    probes = found.probes if isinstance(found, KrylovSpectrum) else ()
    return {
        "state": at.state,
        "operator": config.operator,
        "method": config.chosen_method(len(at.theta)),
        "num_samples": len(at.inputs),
        "num_steps": max((len(probe.diagonal) for probe in probes), default=None),
        "num_probes": len(probes) or None,
    }


def spectrum(product: Product, theta: Float64[Tensor, " D"], config: HessianConfig, seed: int) -> Spectrum:
    """Return what a config's method finds of a spectrum.

    Args:
        product: Of a symmetric matrix ``(D, D)``.
        theta: Of the device that computes.
        config: The method, and whether the operator can be negative.
        seed: Source of the probes.
    """
    dim = len(theta)
    if config.chosen_method(dim) == "dense":
        matrix = dense_matrix(product, dim, device=theta.device)
        return ExactSpectrum(torch.linalg.eigvalsh(matrix).cpu())
    starts = random_signs(config.probes, dim, generator(seed, "hessian-probes"))
    groups = starts.split(probes_at_once(config, dim))
    probes = [probe for group in groups for probe in lanczos(product, group.to(theta.device), config.steps)]
    return KrylovSpectrum(probes, dim, nonnegative=config.operator != "hessian")


def probes_at_once(config: HessianConfig, dim: int) -> int:
    """Return how many probes' vectors are kept in memory at a time."""
    return max(1, min(config.probes, BASIS_BYTES // (BYTES * min(config.steps, dim) * dim)))


def _eigenvalue_rows(found: Spectrum, keys: Mapping[str, Any]) -> list[HessianEigenvalueRow]:
    values, bounds = found.ritz.values.flip(0).tolist(), found.ritz.residual_bounds.flip(0).tolist()
    return [
        HessianEigenvalueRow(**keys, index=index, eigenvalue=value, residual_bound=bound)
        for index, (value, bound) in enumerate(zip(values, bounds, strict=True))
    ]


def _density_rows(found: Spectrum, keys: Mapping[str, Any]) -> list[HessianDensityRow]:
    """Return the density at points half a broadening apart, from 4 broadenings below all values to 4 above."""
    rule = found.rule
    low, high = float(rule.values.min()), float(rule.values.max())
    broadening = (high - low or 1.0) / BROADENINGS
    points = low + broadening / 2 * torch.arange(-8, 2 * BROADENINGS + 9, dtype=torch.float64)
    heights = broadened(rule, points, broadening).tolist()
    return [
        HessianDensityRow(**keys, index=index, eigenvalue=point, density=height, broadening=broadening)
        for index, (point, height) in enumerate(zip(points.tolist(), heights, strict=True))
    ]
