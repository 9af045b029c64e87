"""What a learning coefficient is to second order: by the Hessian's eigenvalues, and by how its volume scales."""

import math
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.numerics.chain_mean import ChainMean
from geomgen.numerics.rounding import rounding_threshold
from geomgen.numerics.saddlepoint import log_mass_of_quadratic
from geomgen.theory.learning import quadratic_coefficient

STDERRS = 2
"""By how many standard errors a coefficient has to be outside of its bounds to be called so."""
COLUMNS = ("hessian_rank", "llc_second_order", "is_within_bounds", "d_log_volume_d_log_tolerance")


def second_order(
    curvatures: Float64[Tensor, " D"] | None,
    n_beta: float,
    localization: float,
    found: ChainMean | None,
    *,
    is_minimum: bool,
) -> dict[str, Any]:
    r"""Return the columns of a coefficient's row that its Hessian alone gives; None where it does not.

    A loss of rank r at its minimum has r/2 <= lambda <= D/2 (Watanabe 2009). With the weight exp(-gamma/2 |w|^2) each
    regular direction of curvature h has n beta h / (2 (n beta h + gamma)) in place of 1/2.

    Args:
        curvatures: All eigenvalues of the Hessian; None if they are unknown.
        n_beta: n beta.
        localization: gamma.
        found: lambda of the chains.
        is_minimum: Whether they are around a minimum, and around no other.
    """
    if curvatures is None:
        return dict.fromkeys(COLUMNS)
    rounding = rounding_threshold(len(curvatures)) * float(curvatures.abs().max())
    bends = curvatures[curvatures > rounding]
    least = quadratic_coefficient(bends.tolist(), n_beta, localization)
    has_bounds = found is not None and is_minimum
    return {
        "hessian_rank": int((curvatures.abs() > rounding).sum()),
        "llc_second_order": least,
        "is_within_bounds": _is_within(found, least, len(curvatures) / 2) if found and has_bounds else None,
        "d_log_volume_d_log_tolerance": _slope(bends, n_beta, localization, found),
    }


def _is_within(found: ChainMean, least: float, most: float) -> bool:
    slack = STDERRS * found.stderr + math.ulp(most)
    return least - slack <= found.value <= most + slack


def _slope(bends: Tensor, n_beta: float, localization: float, found: ChainMean | None) -> float | None:
    """Return d ln V / d ln eps at the tolerance that is the chains' mean excess loss, under their own weight."""
    if found is None or found.value <= 0 or not localization:
        return None
    tolerance = found.value / n_beta
    return log_mass_of_quadratic(bends / localization, torch.zeros_like(bends), tolerance).log_derivative
