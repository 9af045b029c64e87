"""The logarithm of the volume of parameters around a state that behave alike, or of its mass under a prior."""

import math
from typing import Any, NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.errors import UsageError
from geomgen.measures.at_state import AtState
from geomgen.measures.behaviour import Change, change_of, rounding_of
from geomgen.models.functional.diagonal import diagonal, gauss_newton_roots
from geomgen.models.functional.gauge import rebalanced
from geomgen.models.functional.products import gauss_newton, hessian
from geomgen.numerics.dense import dense_matrix
from geomgen.numerics.log_mean import LogMean, log_mean_exp, ratio_of_means
from geomgen.numerics.radial import NATS_PER_RADIUS, Radii, log_ray_masses, search_radii
from geomgen.numerics.rounding import rounding_threshold
from geomgen.numerics.saddlepoint import log_mass_of_quadratic
from geomgen.numerics.seeds import generator
from geomgen.tables.parameter_volume import ParameterVolumeRow
from geomgen.theory.volume import log_unit_ball

LARGEST_K, LEAST_ESS, FEWEST_ENDS = 0.7, 10, 2
BLOCK_NUMEL = 2**24
RESOLVED = "resolved"


class Region(NamedTuple):
    """Where the behaviour changes by at most a tolerance, and the weight of its points.

    Attributes:
        at: The state, in the gauge that is measured.
        change: Of the behaviour.
        prior_std: Of each parameter, ``(D,)``; None for the weight 1.
    """

    at: AtState
    change: Change
    prior_std: Float64[Tensor, " D"] | None

    @property
    def unit(self) -> Float64[Tensor, " D"]:
        """Units in which parameters are measured: the prior's standard deviations, or 1."""
        return torch.ones_like(self.at.theta) if self.prior_std is None else self.prior_std


def rows(
    at: AtState, config: ParameterVolumeConfig, prior_std: Float64[Tensor, " D"] | None
) -> list[ParameterVolumeRow]:
    """Return the volumes at one state, one row per method and tolerance.

    Args:
        at: The state.
        config: Region, weight and methods.
        prior_std: Of each parameter; None for the weight 1.

    Raises:
        UsageError: If a tolerance is below what rounding allows, or the network has no such gauge or behaviour.
    """
    if config.gauge == "rebalanced":
        at = at._replace(theta=rebalanced(at.network, at.theta))
    region = Region(at, change_of(config.behaviour, at), prior_std)
    _require_above_rounding(region, config)
    found = []
    if "ellipsoid" in config.method and config.behaviour != "disagreement":
        found += _of_ellipsoid(region, config)
    if "monte-carlo" in config.method:
        found += [_of_rays(region, config, tolerance) for tolerance in config.tolerance]
    return found


def _require_above_rounding(region: Region, config: ParameterVolumeConfig) -> None:
    """Refuse a tolerance whose radii rounding moves by more than they are searched to: d ln r = d ln eps / 2."""
    theta = region.at.theta
    noise = rounding_of(region.change, theta, generator(config.seed, "volume-rounding"))
    least = noise * len(theta) / (2 * NATS_PER_RADIUS)
    for tolerance in config.tolerance:
        if tolerance < least:
            raise UsageError(
                f"--tolerance {tolerance:g} is below what rounding allows: the {config.behaviour} of {region.at.state} "
                f"is known to {noise:.2g}, so that {len(theta):,} dimensions need at least {least:.2g}.",
                "Choose a larger --tolerance.",
            )


def _of_ellipsoid(region: Region, config: ParameterVolumeConfig) -> list[ParameterVolumeRow]:
    at, unit = region.at, region.unit
    operator = hessian if config.behaviour == "loss" else gauss_newton
    product = operator(at.network, at.theta, at.inputs, at.labels)
    matrix = dense_matrix(lambda block: product(block * unit) * unit, len(unit), device=unit.device)
    values, vectors = torch.linalg.eigh(matrix)
    rounding = rounding_threshold(len(values)) * float(values.abs().max())
    floor = rounding if region.prior_std is not None else config.curvature_floor * max(float(values.max()), 0.0)
    centres = vectors.T @ (at.theta / unit)
    return [
        _row_of_ellipsoid(region, config, tolerance, values, centres, rounding, floor) for tolerance in config.tolerance
    ]


def _row_of_ellipsoid(
    region: Region,
    config: ParameterVolumeConfig,
    tolerance: float,
    values: Tensor,
    centres: Tensor,
    rounding: float,
    floor: float,
) -> ParameterVolumeRow:
    """Return the row of one tolerance, from eigenvalues in the units of the region and the prior's centre."""
    dim, is_flat = len(values), values <= floor
    num_negative, num_flat = int((values < -rounding).sum()), int(is_flat.sum())
    log_product = float(values[~is_flat].log().sum())
    if region.prior_std is None:
        log_volume = log_unit_ball(dim) + dim / 2 * math.log(2 * tolerance)
        log_floor = math.log(floor) if floor > 0 else -math.inf  # no curvature at all: no bound in these directions
        log_volume -= (log_product + num_flat * log_floor if num_flat else log_product) / 2
        slope, reasons = dim / 2, ["flat directions"] * (num_flat > 0)
    else:
        log_volume, slope = log_mass_of_quadratic(values.where(~is_flat, 0.0), centres, tolerance)
        reasons = []
    reasons += ["negative curvature"] * (num_negative > 0)
    return ParameterVolumeRow(
        **_keys(region, config, tolerance),
        method="ellipsoid" if region.prior_std is None else "saddlepoint",
        curvature_floor=config.curvature_floor if region.prior_std is None else None,
        log_volume_nats=log_volume,
        stderr=0.0,
        d_log_volume_d_log_tolerance=slope,
        d_log_volume_d_log_tolerance_stderr=0.0,
        is_lower_bound=bool(reasons),
        verdict=", ".join(reasons) or RESOLVED,
        **_unknown(
            "preconditioner",
            "ess",
            "pareto_k",
            "num_directions",
            "num_censored",
            "direction_seed",
            "log_preconditioner_nats",
        ),
        num_parameters=dim,
        log_unit_ball_nats=log_unit_ball(dim),
        log_eigenvalue_product_nats=log_product,
        num_flat=num_flat,
        flat_floor=floor,
        num_negative=num_negative,
    )


def _unknown(*columns: str) -> dict[str, Any]:
    return dict.fromkeys(columns)


def _keys(region: Region, config: ParameterVolumeConfig, tolerance: float) -> dict[str, Any]:
    return {
        "state": region.at.state,
        "behaviour": config.behaviour,
        "weighting": config.weighting,
        "gauge": config.gauge,
        "tolerance": tolerance,
        "num_samples": len(region.at.inputs),
        "prior_std": config.prior_std,
    }


def stretches(region: Region, config: ParameterVolumeConfig, tolerance: float) -> Float64[Tensor, " D"]:
    """Return the diagonal of P: directions are P u with u on the unit sphere.

    P = s (s^2 diag G + ridge)^(-1/2) with s the unit of each parameter and G the Gauss-Newton matrix. Under a prior the
    ridge is 2 eps/D, at which the prior weighs as much as the region; without one it is the floor of curvatures, and
    P = 1 if none is above 0.
    """
    at, unit = region.at, region.unit
    if config.preconditioner == "none":
        return unit
    curvatures = unit.square() * diagonal(at.network, at.theta, at.inputs, at.labels, gauss_newton_roots)
    if region.prior_std is None and not bool(curvatures.any()):
        return unit
    floor = config.curvature_floor * float(curvatures.max())
    ridge = floor if region.prior_std is None else 2 * tolerance / len(unit)
    return unit * (curvatures + ridge).rsqrt()


def _of_rays(region: Region, config: ParameterVolumeConfig, tolerance: float) -> ParameterVolumeRow:
    theta, stretch = region.at.theta, stretches(region, config, tolerance)
    dim = len(theta)
    drawn = torch.randn(
        config.directions, dim, generator=generator(config.seed, "volume-directions"), dtype=theta.dtype
    )
    rays = drawn.to(theta) / torch.linalg.vector_norm(drawn, dim=1, keepdim=True).to(theta) * stretch
    radii = search_radii(
        lambda log_radius, chosen: _levels(region, rays, log_radius, chosen), len(rays), tolerance, dim
    )
    quadratic, linear, log_density = _weight(region, rays)
    masses = log_ray_masses(radii.log_radius, quadratic, linear, dim)
    mean = log_mean_exp(masses)
    radius = radii.log_radius.exp()
    at_end = dim * radii.log_radius - quadratic * radius.square() / 2 - linear * radius
    log_stretch = float(stretch.log().sum())
    slope, slope_stderr = _slope(region, config, rays, radii, at_end, masses, tolerance)
    reasons = _reasons(mean, radii)
    is_floored = region.prior_std is None and config.preconditioner != "none"
    return ParameterVolumeRow(
        **_keys(region, config, tolerance),
        method="monte-carlo",
        preconditioner=config.preconditioner,
        curvature_floor=config.curvature_floor if is_floored else None,
        log_volume_nats=log_unit_ball(dim) + math.log(dim) + log_stretch + log_density + mean.value,
        stderr=mean.stderr,
        d_log_volume_d_log_tolerance=slope,
        d_log_volume_d_log_tolerance_stderr=slope_stderr,
        is_lower_bound=bool(reasons),
        verdict=", ".join(reasons) or RESOLVED,
        ess=mean.ess,
        pareto_k=mean.pareto_k,
        num_directions=len(rays),
        direction_seed=config.seed,
        num_censored=int(radii.is_censored.sum()),
        num_parameters=dim,
        log_unit_ball_nats=log_unit_ball(dim),
        log_preconditioner_nats=log_stretch,
        **_unknown("log_eigenvalue_product_nats", "num_flat", "flat_floor", "num_negative"),
    )


def _reasons(mean: LogMean, radii: Radii) -> list[str]:
    """Return why a mean over directions may be much too small."""
    heavy = mean.pareto_k is not None and mean.pareto_k > LARGEST_K
    return [
        *["heavy tail"] * heavy,
        *["few directions"] * (mean.ess < LEAST_ESS),
        *["censored rays"] * bool(radii.is_censored.any()),
    ]


def _levels(region: Region, rays: Tensor, log_radius: Tensor, chosen: Tensor) -> Tensor:
    """Return the change at a radius on each chosen ray, in blocks that bound the memory."""
    units = sum(module.out_features for module in _maps(region)) + 1
    size = max(1, BLOCK_NUMEL // max(rays.shape[1], len(region.at.inputs) * units))
    blocks = zip(log_radius.split(size), chosen.split(size), strict=True)
    return torch.cat([region.change(region.at.theta + lr.exp()[:, None] * rays[one]) for lr, one in blocks])


def _maps(region: Region) -> list[torch.nn.Linear]:
    modules = region.at.network.stand_in.modules()
    return [module for module in modules if isinstance(module, torch.nn.Linear)]


def _weight(region: Region, rays: Tensor) -> tuple[Tensor, Tensor, float]:
    """Return a and b of each ray, and the logarithm c of the weight at the state: it is exp(c - a r^2/2 - b r)."""
    nothing = torch.zeros(len(rays), dtype=rays.dtype, device=rays.device)
    if region.prior_std is None:
        return nothing, nothing, 0.0
    std, place = region.prior_std, region.at.theta / region.prior_std
    log_density = -float(place.square().sum() / 2 + std.log().sum()) - len(std) / 2 * math.log(2 * math.pi)
    scaled = rays / std
    return scaled.square().sum(1), scaled @ place, log_density


def _slope(
    region: Region,
    config: ParameterVolumeConfig,
    rays: Tensor,
    radii: Radii,
    at_end: Tensor,
    masses: Tensor,
    tolerance: float,
) -> tuple[float | None, float | None]:
    """Return d ln V / d ln eps and its standard error: the mean of R^D f(R) eps / (R dL/dR), over that of the masses.

    The derivative of a radius with respect to the tolerance is 1 over that of the level with respect to the radius.
    """
    ends = ~radii.is_censored
    if config.behaviour == "disagreement" or int(ends.sum()) < FEWEST_ENDS:
        return None, None
    log_radius = radii.log_radius.clone().requires_grad_()
    levels = _levels(region, rays, log_radius, torch.arange(len(rays)))
    (rates,) = torch.autograd.grad(levels.sum(), log_radius)
    shares = at_end + math.log(tolerance) - rates.clamp(min=0).log()
    found = ratio_of_means(shares[ends], masses[ends])
    return found.value, found.stderr
