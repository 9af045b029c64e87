"""The logarithm of the volume of parameters around a state that behave alike, or of its mass under a prior."""

import math
from typing import Any, NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.errors import UsageError
from geomgen.measures.at_state import AtState
from geomgen.measures.behaviour import rounding_of
from geomgen.measures.ray_directions import Rays, log_weight, rays_through
from geomgen.measures.region import Region, region_of_network
from geomgen.models.functional.gauge import rebalanced
from geomgen.numerics.dense import dense_matrix
from geomgen.numerics.log_mean import LogMean, log_mean_exp, ratio_of_means
from geomgen.numerics.quadratic_correction import Correction, Quadratic, quadratic_correction
from geomgen.numerics.radial import NATS_PER_RADIUS, Radii, log_ray_masses, search_radii
from geomgen.numerics.rounding import rounding_threshold
from geomgen.numerics.saddlepoint import log_mass_of_quadratic
from geomgen.numerics.seeds import generator
from geomgen.tables.parameter_volume import DEPARTS, RESOLVED, ParameterVolumeRow
from geomgen.theory.volume import log_unit_ball

LARGEST_K, LEAST_ESS, FEWEST_ENDS = 0.7, 10, 2


class Ellipsoid(NamedTuple):
    """Second derivatives of a behaviour, in the units of a region.

    Attributes:
        values: Eigenvalues, ``(D,)``.
        vectors: As columns, ``(D, D)``.
        centres: The state's coordinates along them, ``(D,)``.
        rounding: What the eigenvalues may differ by from exact ones.
        floor: Eigenvalues at or below it count as flat.
        trace: In the units of the parameters.
    """

    values: Float64[Tensor, " D"]
    vectors: Float64[Tensor, "D D"]
    centres: Float64[Tensor, " D"]
    rounding: float
    floor: float
    trace: float


def regions(at: AtState, config: ParameterVolumeConfig, prior_std: Float64[Tensor, " D"] | None) -> list[Region]:
    """Return the region around a network's parameters in each gauge.

    Args:
        at: The state.
        config: Behaviour and gauges.
        prior_std: Of each parameter; None for the weight 1.

    Raises:
        UsageError: If the network has no such gauge or behaviour.
    """
    thetas = ((one, at.theta if one == "as-is" else rebalanced(at.network, at.theta)) for one in config.gauge)
    return [region_of_network(at._replace(theta=theta), config.behaviour, prior_std, one) for one, theta in thetas]


def rows(region: Region, config: ParameterVolumeConfig) -> list[ParameterVolumeRow]:
    """Return a region's volumes by its ellipsoid and by rays, one row per method and tolerance.

    Args:
        region: Its behaviour and weight.
        config: Tolerances and methods.

    Raises:
        UsageError: If a tolerance is below what rounding allows.
    """
    _require_above_rounding(region, config)
    found = []
    if "ellipsoid" in config.method and region.behaviour != "disagreement":
        found += _of_ellipsoid(region, config)
    if "monte-carlo" in config.method:
        found += [_of_rays(region, config, tolerance) for tolerance in config.tolerance]
    return found


def _require_above_rounding(region: Region, config: ParameterVolumeConfig) -> None:
    """Refuse a tolerance whose radii rounding moves by more than they are searched to: d ln r = d ln eps / 2."""
    theta = region.theta
    noise = rounding_of(region.change, theta, generator(config.seed, "volume-rounding"))
    least = noise * len(theta) / (2 * NATS_PER_RADIUS)
    for tolerance in config.tolerance:
        if tolerance < least:
            raise UsageError(
                f"--tolerance {tolerance:g} is below what rounding allows: the {region.behaviour} of {region.state} "
                f"is known to {noise:.2g}, so that {len(theta):,} dimensions need at least {least:.2g}.",
                "Choose a larger --tolerance.",
            )


def _of_ellipsoid(region: Region, config: ParameterVolumeConfig) -> list[ParameterVolumeRow]:
    unit, product = region.unit, region.second_derivatives()
    matrix = dense_matrix(lambda block: product(block * unit) * unit, len(unit), device=unit.device)
    values, vectors = torch.linalg.eigh(matrix)
    rounding = rounding_threshold(len(values)) * float(values.abs().max())
    floor = rounding if region.prior_std is not None else config.curvature_floor * max(float(values.max()), 0.0)
    found = Ellipsoid(
        values,
        vectors,
        vectors.T @ (region.theta / unit),
        rounding,
        floor,
        float((matrix.diagonal() / unit.square()).sum()),
    )
    return [_row_of_ellipsoid(region, config, tolerance, found) for tolerance in config.tolerance]


def _row_of_ellipsoid(
    region: Region, config: ParameterVolumeConfig, tolerance: float, found: Ellipsoid
) -> ParameterVolumeRow:
    """Return the row of one tolerance."""
    values, floor = found.values, found.floor
    dim, is_flat = len(values), values <= floor
    num_negative, num_flat = int((values < -found.rounding).sum()), int(is_flat.sum())
    log_product = float(values[~is_flat].log().sum())
    if region.prior_std is None:
        log_volume = log_unit_ball(dim) + dim / 2 * math.log(2 * tolerance)
        log_floor = math.log(floor) if floor > 0 else -math.inf  # no curvature at all: no bound in these directions
        log_volume -= (log_product + num_flat * log_floor if num_flat else log_product) / 2
        slope, reasons = dim / 2, ["flat directions"] * (num_flat > 0)
    else:
        log_volume, slope = log_mass_of_quadratic(values.where(~is_flat, 0.0), found.centres, tolerance)
        reasons = []
    reasons += ["negative curvature"] * (num_negative > 0)
    missed = _correction(region, config, tolerance, found)
    departs = missed is not None and not missed.is_small
    may_be_larger = bool(reasons) or (missed is not None and departs and missed.log_mean.value > 0)
    return ParameterVolumeRow(
        **keys(region, config, tolerance),
        method="ellipsoid" if region.prior_std is None else "saddlepoint",
        curvature_floor=config.curvature_floor if region.prior_std is None else None,
        log_volume_nats=log_volume,
        stderr=0.0,
        d_log_volume_d_log_tolerance=slope,
        d_log_volume_d_log_tolerance_stderr=0.0,
        is_lower_bound=may_be_larger,
        verdict=", ".join([*reasons, *[DEPARTS] * departs]) or RESOLVED,
        quadratic_correction_nats=missed and missed.log_mean.value,
        quadratic_correction_stderr_nats=missed and missed.log_mean.stderr,
        quadratic_ratio=missed and missed.ratio,
        log_eigenvalue_product_nats=log_product,
        trace=found.trace,
        num_flat=num_flat,
        flat_floor=floor,
        num_negative=num_negative,
    )


def _correction(region: Region, config: ParameterVolumeConfig, tolerance: float, found: Ellipsoid) -> Correction | None:
    """Return what the quadratic of a row misses; None without a prior where nothing curves, and so nothing ends."""
    bends, place = found.values > found.floor, region.theta / region.unit
    if region.prior_std is None and not bool(bends.any()):
        return None
    quadratic = Quadratic(
        found.values[bends], found.vectors[:, bends], found.centres[bends], place if region.prior_std is None else None
    )
    source = generator(0, "volume-quadratic")  # whatever --seed is: rows of this method have no seed among their keys
    return quadratic_correction(lambda points: region.changes(points * region.unit), quadratic, tolerance, source)


def keys(region: Region, config: ParameterVolumeConfig, tolerance: float) -> dict[str, Any]:
    """Return the columns that say where and what, whatever the method."""
    exact = region.exact(tolerance) if region.exact else None
    return {
        "state": region.state,
        "behaviour": region.behaviour,
        "weighting": config.weighting,
        "gauge": region.gauge,
        "tolerance": tolerance,
        "num_samples": region.num_samples,
        "prior_std": config.prior_std,
        "num_parameters": len(region.theta),
        "log_unit_ball_nats": log_unit_ball(len(region.theta)),
        "log_volume_theory_nats": exact and exact.value,
        "d_log_volume_d_log_tolerance_theory": exact and exact.slope,
    }


def _of_rays(region: Region, config: ParameterVolumeConfig, tolerance: float) -> ParameterVolumeRow:
    rays = rays_through(region, config, tolerance)
    dim = len(rays.origin)
    radii = search_radii(
        lambda log_radius, chosen: _levels(region, rays, log_radius, chosen), config.directions, tolerance, dim
    )
    quadratic, linear, log_density = log_weight(region, rays)
    masses = log_ray_masses(radii.log_radius, quadratic, linear, dim)
    mean = log_mean_exp(masses)
    radius = radii.log_radius.exp()
    at_end = dim * radii.log_radius - quadratic * radius.square() / 2 - linear * radius
    slope, slope_stderr = _slope(region, config, rays, radii, at_end, masses, tolerance)
    reasons = _reasons(mean, radii)
    is_floored = region.prior_std is None and config.preconditioner != "none"
    return ParameterVolumeRow(
        **keys(region, config, tolerance),
        method="monte-carlo",
        preconditioner=config.preconditioner,
        curvature_floor=config.curvature_floor if is_floored else None,
        log_volume_nats=log_unit_ball(dim) + math.log(dim) + rays.log_det + log_density + mean.value,
        stderr=mean.stderr,
        d_log_volume_d_log_tolerance=slope,
        d_log_volume_d_log_tolerance_stderr=slope_stderr,
        is_lower_bound=bool(reasons),
        verdict=", ".join(reasons) or RESOLVED,
        ess=mean.ess,
        pareto_k=mean.pareto_k,
        num_directions=config.directions,
        direction_seed=config.seed,
        num_censored=int(radii.is_censored.sum()),
        log_preconditioner_nats=rays.log_det,
    )


def _reasons(mean: LogMean, radii: Radii) -> list[str]:
    """Return why a mean over directions may be much too small."""
    heavy = mean.pareto_k is not None and mean.pareto_k > LARGEST_K
    return [
        *["heavy tail"] * heavy,
        *["few directions"] * (mean.ess < LEAST_ESS),
        *["censored rays"] * bool(radii.is_censored.any()),
    ]


def _levels(region: Region, rays: Rays, log_radius: Tensor, chosen: Tensor) -> Tensor:
    """Return the change at a radius on each chosen ray, in blocks that bound the memory."""
    size = region.points_per_pass
    blocks = zip(log_radius.split(size), chosen.split(size), strict=True)
    return torch.cat([region.change(rays.origin + lr.exp()[:, None] * rays.directions[one]) for lr, one in blocks])


def _slope(
    region: Region,
    config: ParameterVolumeConfig,
    rays: Rays,
    radii: Radii,
    at_end: Tensor,
    masses: Tensor,
    tolerance: float,
) -> tuple[float | None, float | None]:
    """Return d ln V / d ln eps and its standard error: the mean of R^D f(R) eps / (R dL/dR), over that of the masses.

    The derivative of a radius with respect to the tolerance is 1 over that of the level with respect to the radius.
    """
    ends = ~radii.is_censored
    if region.behaviour == "disagreement" or int(ends.sum()) < FEWEST_ENDS:
        return None, None
    log_radius = radii.log_radius.clone().requires_grad_()
    levels = _levels(region, rays, log_radius, torch.arange(len(log_radius)))
    (rates,) = torch.autograd.grad(levels.sum(), log_radius)
    shares = at_end + math.log(tolerance) - rates.clamp(min=0).log()
    found = ratio_of_means(shares[ends], masses[ends])
    return found.value, found.stderr
