"""Where gradient flow meets the surface of parameters that fit exactly, and the nearest point of that surface."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float64
from numpy.typing import NDArray
from torch import Tensor

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.measures.equations import Equations
from geomgen.numerics.seeds import generator
from geomgen.numerics.statistics import mean
from geomgen.numerics.surface import Linearised, curvatures, gradient_flow, nearest_points
from geomgen.tables.surface import NearestPointRow, NearestPointSummaryRow

DIRECTIONS, AGREEMENT, RANGE = 8, 1e-6, (0.025, 0.975)
DISTANCES = ("distance_trained", "distance_nearest", "distance_linear")


class Paths(NamedTuple):
    """The networks whose training reached the surface, in the coordinates of gradient descent.

    Attributes:
        trained: Where gradient flow ended.
        nearest: The nearest points found.
        is_found: Whether a nearest point was.
        rows: What is recorded of each.
    """

    trained: Float64[Tensor, "K D"]
    nearest: Float64[Tensor, "K D"]
    is_found: Bool[Tensor, " K"]
    rows: list[NearestPointRow]


class _Nearest(NamedTuple):
    points: Float64[Tensor, "K D"]
    distances: Float64[Tensor, " K"]
    num_found: Tensor
    num_agreeing: Tensor


def paths(equations: Equations, config: NearestPointConfig) -> Paths:
    """Follow gradient flow from each initialisation, and search for the nearest point that fits.

    Args:
        equations: What is to be solved, and from where.
        config: Of the search.

    Returns:
        Where the paths ended, with a row for each.
    """
    flow = gradient_flow(equations.moved, equations.origins)
    numbers = flow.is_converged.nonzero().squeeze(1)
    origins, trained = equations.origins[numbers], flow.points[numbers]
    found = _nearest(equations, origins, trained, config)
    start, end = (Linearised.at(equations.moved, points) for points in (origins, trained))
    columns = {
        "distance_trained": (trained - origins).norm(dim=1),
        "distance_linear": start.least_norm(start.residuals).norm(dim=1),
        "initial_norm": origins.norm(dim=1),
        "log_prior": equations.log_prior(trained),
        "half_log_det": end.half_log_det,
    }
    curvature = _curvature(equations, end, trained, config.seed)
    rows = [
        NearestPointRow(
            network=int(number),
            **{name: float(values[index]) for name, values in columns.items()},
            distance_nearest=_known(float(found.distances[index])),
            curvature=_known(float(curvature[index])),
            num_found=int(found.num_found[index]),
            num_agreeing=int(found.num_agreeing[index]),
        )
        for index, number in enumerate(numbers)
    ]
    return Paths(trained, found.points, found.num_found > 0, rows)


def _nearest(equations: Equations, origins: Tensor, trained: Tensor, config: NearestPointConfig) -> _Nearest:
    """Search from the trained points, from the origins, and from random points as far from these as training went."""
    starts, source = [trained, origins], generator(config.seed, "nearest-point-starts")
    for _ in range(config.searches - 2):
        drawn = torch.randn(origins.shape, generator=source, dtype=origins.dtype)
        lengths = (trained - origins).norm(dim=1) / drawn.norm(dim=1)
        starts.append(origins + lengths[:, None] * drawn)
    ends = [nearest_points(equations.moved, origins, start) for start in starts]
    points, is_found = torch.stack([end.points for end in ends]), torch.stack([end.is_converged for end in ends])
    distances = (points - origins).norm(dim=2).where(is_found, torch.inf)
    least, which = distances.min(0)
    return _Nearest(
        points=points[which, torch.arange(len(origins))],
        distances=least,
        num_found=is_found.sum(0),
        num_agreeing=(distances <= least * (1 + AGREEMENT)).logical_and(is_found).sum(0),
    )


def _curvature(equations: Equations, at: Linearised, points: Tensor, seed: int) -> Tensor:
    """Return the root mean square of the normal curvatures along random tangent directions."""
    source = generator(seed, "nearest-point-directions")
    squares = [
        curvatures(
            equations.moved, at, points, torch.randn(points.shape, generator=source, dtype=points.dtype)
        ).square()
        for _ in range(DIRECTIONS)
    ]
    return torch.stack(squares).mean(0).sqrt()


def summary(rows: Sequence[NearestPointRow], equations: Equations) -> NearestPointSummaryRow:
    """Return the row of all networks together.

    Args:
        rows: Of the networks.
        equations: What was solved.
    """
    used = [row for row in rows if row.num_found]
    trained, nearest, linear, norms, curvature, log_prior = (
        np.array([getattr(row, name) for row in used], float)
        for name in (*DISTANCES, "initial_norm", "curvature", "log_prior")
    )
    logs = np.log(np.where(curvature > 0, curvature, np.nan))
    ratio, linear_ratio, log10 = mean(trained / nearest), mean(linear / nearest), mean(logs / math.log(10))
    return NearestPointSummaryRow(
        num_equations=equations.num_equations,
        num_parameters=len(equations.unit),
        num_networks=len(equations.origins),
        num_converged=len(used),
        distance_trained=_known(mean(trained).value),
        distance_nearest=_known(mean(nearest).value),
        distance_linear=_known(mean(linear).value),
        relative_distance=_known(mean(trained / norms).value),
        distance_ratio=_known(ratio.value),
        distance_ratio_stderr=_known(ratio.stderr),
        linear_ratio=_known(linear_ratio.value),
        linear_ratio_stderr=_known(linear_ratio.stderr),
        log10_curvature=_known(log10.value),
        log10_curvature_range=_range(logs / math.log(10)),
        log_curvature_std=_deviation(logs),
        log_prior_std=_deviation(log_prior),
    )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _range(values: NDArray[np.float64]) -> float | None:
    """Return how far apart the quantiles of 2.5 and 97.5 % are."""
    return float(np.diff(np.quantile(values, RANGE)).item()) if len(values) > 1 and np.isfinite(values).all() else None


def _deviation(values: NDArray[np.float64]) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 and np.isfinite(values).all() else None
