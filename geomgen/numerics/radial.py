r"""Volumes by rays: how far a region reaches in each direction, and what a density adds up to along the way.

A region that is star-shaped about a point has, with R(u) its radius in direction u of D dimensions and f a density,
the mass D V_D E_u[int_0^R(u) r^(D-1) f(r u) dr], where V_D is the volume of the unit ball and u is uniform on the
sphere. A relative error of a radius changes the logarithm of the volume by D times as much.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

NATS_PER_RADIUS = 0.01
"""How exactly radii are searched for: by this much at most, each changes the logarithm of its power R^D."""
SHRINK, STEP_BACK, SCAN = math.log(4.0), math.log(8.0), math.log(1.25)
MOST_SHRINKS, MOST_SCANS = 100, 160
SMALLEST = 1e-300
EXPONENT_DROP, BISECTIONS, NODES = 40.0, 60, 64

Levels = Callable[[Float64[Tensor, " k"], Int64[Tensor, " k"]], Float64[Tensor, " k"]]
"""The level at each logarithm of a radius, on the rays with these numbers; it is below the limit at the radius 0."""


class Radii(NamedTuple):
    """Where rays leave a region.

    Attributes:
        log_radius: Middle of the bracket in which each crosses the limit, ``(K,)``; for a censored ray the largest
            radius that was tried, which is still inside.
        log_width: Width of that bracket, ``(K,)``; 0 for a censored ray.
        is_censored: Whether a ray did not leave the region, ``(K,)``.
    """

    log_radius: Float64[Tensor, " K"]
    log_width: Float64[Tensor, " K"]
    is_censored: Bool[Tensor, " K"]


def search_radii(levels: Levels, num_rays: int, limit: float, dim: int) -> Radii:
    """Find where the level along each ray first exceeds a limit, to 0.01/D in the logarithm of the radius.

    From a radius that is inside, and an eighth of it, each radius is 1.25 times the one before until one is outside;
    of crossings closer to each other than that the first may be missed. Then the bracket is narrowed by the method of
    interpolation, truncation and projection, on ln level against ln radius, where a power of the radius is a line.

    Args:
        levels: Of all rays; what is not finite is outside.
        num_rays: K.
        limit: Level at which the region ends, above 0.
        dim: D.

    Returns:
        The radii, none further than its tolerance from where the ray crosses the limit.

    Raises:
        ValueError: If a ray is outside at every radius.

    Source:
        Oliveira and Takahashi (2020), An Enhancement of the Bisection Method Average Performance.
    """

    def heights(log_radius: Tensor, rays: Tensor) -> Tensor:
        found = levels(log_radius, rays)
        excess = found.clamp(min=SMALLEST).log() - math.log(limit)
        return torch.where(found.isfinite(), excess, torch.inf)

    inside = _some_inside(heights, num_rays)
    low, high, is_censored = _scanned(heights, inside - STEP_BACK)
    middle, width = low.clone(), torch.zeros_like(low)
    crossing = (~is_censored).nonzero().squeeze(1)
    middle[crossing], width[crossing] = _narrowed(
        lambda log_radius, rays: heights(log_radius, crossing[rays]), low[crossing], high[crossing], dim
    )
    return Radii(middle, width, is_censored)


def _some_inside(heights: Levels, num_rays: int) -> Tensor:
    log_radius = torch.zeros(num_rays, dtype=torch.float64)
    rays = torch.arange(num_rays)
    for _ in range(MOST_SHRINKS):
        rays = rays[heights(log_radius[rays], rays) > 0]
        if not len(rays):
            return log_radius
        log_radius[rays] -= SHRINK
    raise ValueError(f"{len(rays)} rays are outside of the region at every radius down to {SHRINK * MOST_SHRINKS:.0f}")


def _scanned(heights: Levels, start: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the last logarithm of a radius that is inside, the first that is outside, and which rays have none."""
    low, high = start.clone(), start.clone()
    rays = torch.arange(len(start))
    for _ in range(MOST_SCANS):
        high[rays] = low[rays] + SCAN
        rays = rays[heights(high[rays], rays) <= 0]
        if not len(rays):
            break
        low[rays] = high[rays]
    is_censored = torch.zeros(len(start), dtype=torch.bool)
    is_censored[rays] = True
    return low, high, is_censored


def _narrowed(heights: Levels, low: Tensor, high: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Return the middles and widths of brackets that have been narrowed to the tolerance."""
    half = NATS_PER_RADIUS / dim / 2
    most = math.ceil(math.log2(SCAN / (2 * half))) + 1
    rays = torch.arange(len(low))
    below, above = heights(low, rays), heights(high, rays)
    for step in range(most + 1):
        rays = rays[high[rays] - low[rays] > 2 * half]
        if not len(rays):
            break
        slack = half * 2.0 ** (most - step) - (high[rays] - low[rays]) / 2
        tried = _interpolated(low[rays], high[rays], below[rays], above[rays], slack)
        found = heights(tried, rays)
        outside = found > 0
        high[rays[outside]], above[rays[outside]] = tried[outside], found[outside]
        low[rays[~outside]], below[rays[~outside]] = tried[~outside], found[~outside]
    return (low + high) / 2, high - low


def _interpolated(low: Tensor, high: Tensor, below: Tensor, above: Tensor, slack: Tensor) -> Tensor:
    middle, width = (low + high) / 2, high - low
    crossed = (above * low - below * high) / (above - below)
    crossed = torch.where(crossed.isfinite(), crossed, middle)
    side = (middle - crossed).sign()
    shift = 0.2 * width * (width / SCAN)
    truncated = torch.where(shift <= (middle - crossed).abs(), crossed + side * shift, middle)
    slack = slack.clamp(min=0)
    return torch.where((truncated - middle).abs() <= slack, truncated, middle - side * slack)


def log_ray_masses(
    log_radius: Float64[Tensor, " K"], quadratic: Float64[Tensor, " K"], linear: Float64[Tensor, " K"], dim: int
) -> Float64[Tensor, " K"]:
    r"""Return ln int_0^R r^(D-1) exp(-a r^2/2 - b r) dr along each ray, to about 1e-10.

    The integrand is log-concave. Gauss and Legendre's nodes cover each side of its largest value, or of R if that
    comes first, as far as it is above e^-40 of it.

    Args:
        log_radius: ln R.
        quadratic: a, above 0; both are 0 on all rays for the weight 1, whose integral is R^D / D.
        linear: b.
        dim: D.
    """
    if not bool(quadratic.any()):
        return dim * log_radius - math.log(dim)
    end = log_radius.exp()
    mode = ((linear.square() + 4 * quadratic * (dim - 1)).sqrt() - linear) / (2 * quadratic)
    top = torch.minimum(mode.clamp(min=0), end)

    def exponent(radius: Tensor) -> Tensor:
        power = (dim - 1) * radius.log() if dim > 1 else torch.zeros_like(radius)
        return power - quadratic[:, None] * radius.square() / 2 - linear[:, None] * radius

    floor = exponent(top[:, None]) - EXPONENT_DROP
    low = _reach(exponent, floor, top, torch.zeros_like(top))
    high = _reach(exponent, floor, top, torch.minimum(end, top + (2 * EXPONENT_DROP / quadratic).sqrt()))
    sides = [_log_integral(exponent, low, top), _log_integral(exponent, top, high)]
    return torch.stack(sides).logsumexp(0)


def _reach(exponent: Callable[[Tensor], Tensor], floor: Tensor, top: Tensor, limit: Tensor) -> Tensor:
    """Return the point between the top and a limit at which the exponent has fallen to the floor; else the limit."""
    inner, outer = top[:, None], limit[:, None]
    for _ in range(BISECTIONS):
        middle = (inner + outer) / 2
        is_above = exponent(middle) > floor
        inner, outer = torch.where(is_above, middle, inner), torch.where(is_above, outer, middle)
    return outer.squeeze(1)


def _log_integral(exponent: Callable[[Tensor], Tensor], low: Tensor, high: Tensor) -> Tensor:
    nodes, weights = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(NODES))
    half = (high - low) / 2
    values = exponent((low + half)[:, None] + half[:, None] * nodes)
    return (values + weights.log()).logsumexp(1) + half.log()
