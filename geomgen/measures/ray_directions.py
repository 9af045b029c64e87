"""Rays through a region of parameters: where they start, and how their directions are stretched."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor
from torch.func import grad_and_value

from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.measures.region import Region
from geomgen.numerics.conjugate_gradients import conjugate_gradients
from geomgen.numerics.dense import Product, dense_matrix
from geomgen.numerics.lanczos import Eigenpairs, krylov_eigenpairs
from geomgen.numerics.rounding import rounding_threshold
from geomgen.numerics.saddlepoint import tilt_of_quadratic
from geomgen.numerics.seeds import generator

MOST_STEPS = 500
"""Lanczos steps of --preconditioner low-rank; networks of no more parameters have all eigenvalues computed, and none is
missed that occurs more than once."""
MOST_HALVINGS, MOST_NEWTON_STEPS, LEAST_GAIN_NATS = 30, 30, 0.01
SOLVED, MOST_SOLVER_STEPS = 1e-6, 200
"""How exactly a Newton step is solved for, at most in how many products."""


class Rays(NamedTuple):
    """Rays w = origin + r P u with u on the unit sphere.

    Attributes:
        origin: ``(D,)``, inside the region.
        directions: P u of each ray, ``(K, D)``.
        log_det: ln |det P|.
    """

    origin: Float64[Tensor, " D"]
    directions: Float64[Tensor, "K D"]
    log_det: float


def rays_through(region: Region, config: ParameterVolumeConfig, tolerance: float) -> Rays:
    """Return rays in random directions through a region.

    Args:
        region: Its behaviour and weight.
        config: How many rays there are, and how they are stretched.
        tolerance: Where the region ends.
    """
    theta = region.theta
    source = generator(config.seed, "volume-directions")
    drawn = torch.randn(config.directions, len(theta), generator=source, dtype=theta.dtype)
    sphere = drawn.to(theta) / torch.linalg.vector_norm(drawn, dim=1, keepdim=True).to(theta)
    if config.preconditioner == "low-rank":
        return _of_low_rank(region, config, tolerance, sphere)
    stretch = _diagonal_stretch(region, config, tolerance)
    return Rays(theta, sphere * stretch, float(stretch.log().sum()))


def _diagonal_stretch(region: Region, config: ParameterVolumeConfig, tolerance: float) -> Float64[Tensor, " D"]:
    """Return the diagonal of P = s (s^2 diag G + ridge)^(-1/2), with s the units and G the Gauss-Newton matrix.

    Under a prior the ridge is 2 eps/D, at which the prior weighs as much as the region; without one it is the floor of
    curvatures, and P = 1 if none is above 0.
    """
    unit = region.unit
    if config.preconditioner == "none":
        return unit
    curvatures = unit.square() * region.diagonal()
    if region.prior_std is None and not bool(curvatures.any()):
        return unit
    floor = config.curvature_floor * float(curvatures.max())
    ridge = floor if region.prior_std is None else 2 * tolerance / len(unit)
    return unit * (curvatures + ridge).rsqrt()


def _of_low_rank(region: Region, config: ParameterVolumeConfig, tolerance: float, sphere: Tensor) -> Rays:
    """Return rays with P = s (1 + k s G s)^(-1/2), from the eigenpairs of s G s in a Krylov space.

    Without a prior 1/k is the floor. Under one, exp(-k B) times it, with B the behaviour's change, is about normal with
    that covariance at its mode, where rays start; k makes the mean of B's quadratic approximation the tolerance.
    """
    origin, unit = region.theta, region.unit
    pairs, weight = curvature_at(region, config, origin), 0.0
    if region.prior_std is None and len(pairs.values):
        weight = 1 / (config.curvature_floor * float(pairs.values[-1]))
    elif len(pairs.values):
        weight = max(0.0, -tilt_of_quadratic(pairs.values, pairs.vectors.T @ (origin / unit), tolerance))
        if region.behaviour != "disagreement":  # which has no gradient
            origin = _inside(region, _mode(region, weight, pairs), tolerance)
            pairs = curvature_at(region, config, origin)
    precisions = 1 + weight * pairs.values
    shrunk = sphere + (sphere @ pairs.vectors * (precisions.rsqrt() - 1)) @ pairs.vectors.T
    return Rays(origin, shrunk * unit, float(unit.log().sum() - precisions.log().sum() / 2))


def _product(region: Region, point: Tensor) -> Product:
    """Return the product of s G s at a point with a block of vectors."""
    unit, plain = region.unit, region.bends_at(point)
    return lambda block: plain(block * unit) * unit


def curvature_at(region: Region, config: ParameterVolumeConfig, point: Float64[Tensor, " D"]) -> Eigenpairs:
    """Return the eigenpairs of s G s at a point, those above rounding; of many parameters the outermost."""
    unit, product = region.unit, _product(region, point)
    if len(unit) <= MOST_STEPS:
        found = Eigenpairs(*torch.linalg.eigh(dense_matrix(product, len(unit), device=unit.device)))
    else:
        drawn = torch.randn(len(unit), generator=generator(config.seed, "volume-krylov"), dtype=unit.dtype)
        found = krylov_eigenpairs(product, drawn.to(unit), MOST_STEPS)
    is_curved = found.values > rounding_threshold(len(unit)) * found.values[-1].abs()
    return Eigenpairs(found.values[is_curved], found.vectors[:, is_curved])


def _mode(region: Region, weight: float, pairs: Eigenpairs) -> Float64[Tensor, " D"]:
    """Return the mode of exp(-k B) under the prior next to the state, by Newton's method with a line search.

    Each step solves (1 + k s G s) x = slope by conjugate gradients, preconditioned by G's eigenpairs at the state, near
    which the mode is: no other eigenpairs are needed.
    """
    unit, place = region.unit, region.theta / region.unit
    shrink = 1 / (1 + weight * pairs.values) - 1

    def energy(place: Tensor) -> Tensor:
        return place.square().sum() / 2 + weight * region.change((place * unit)[None])[0]

    def precondition(vector: Tensor) -> Tensor:
        return vector + pairs.vectors @ (shrink * (pairs.vectors.T @ vector))

    def newton_step(place: Tensor, slope: Tensor) -> Tensor:
        curved = _product(region, place * unit)
        return conjugate_gradients(
            lambda vector: vector + weight * curved(vector[None])[0],
            slope, precondition, tolerance=SOLVED, max_steps=MOST_SOLVER_STEPS,
        )  # fmt: skip

    for _ in range(MOST_NEWTON_STEPS):
        slope, value = grad_and_value(energy)(place)
        step = newton_step(place, slope)
        lengths = 0.5 ** torch.arange(MOST_HALVINGS)
        tried = next((place - length * step for length in lengths if energy(place - length * step) < value), place)
        gain, place = float(value - energy(tried)), tried
        if gain < LEAST_GAIN_NATS:
            break
    return place * unit


@torch.no_grad()
def _inside(region: Region, point: Tensor, tolerance: float) -> Float64[Tensor, " D"]:
    """Return a point, or the first half-way point from it to the state, half-way again and so on, inside."""
    theta = region.theta
    for halving in range(MOST_HALVINGS):
        tried = theta + (point - theta) * 0.5**halving
        if float(region.change(tried[None])) <= tolerance:
            return tried
    return theta


def log_weight(region: Region, rays: Rays) -> tuple[Float64[Tensor, " K"], Float64[Tensor, " K"], float]:
    """Return a and b of each ray, and the logarithm c of the weight at the origin: it is exp(c - a r^2/2 - b r)."""
    nothing = torch.zeros_like(rays.directions[:, 0])
    if region.prior_std is None:
        return nothing, nothing, 0.0
    std, place = region.prior_std, rays.origin / region.prior_std
    log_density = -float(place.square().sum() / 2 + std.log().sum()) - len(std) / 2 * math.log(2 * math.pi)
    scaled = rays.directions / std
    return scaled.square().sum(1), scaled @ place, log_density
