"""Critical points of a network's loss: where searches start, and what is found at their ends."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from geomgen.measures.dense_hessian import dense_hessian
from geomgen.models.functional.network import NetworkFunction
from geomgen.numerics.dense import BLOCK_SIZE
from geomgen.numerics.levenberg_marquardt import EPS, CriticalPoints, critical_points
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.critical_points import CriticalPointRow

MATRIX_NUMEL = 2**24
MATRICES, PASSES = 6, 8
BYTES = 8


@dataclass(frozen=True)
class Objective:
    """The mean loss of a network over some images plus l2/2 |theta|^2, as a function of K vectors of parameters.

    Attributes:
        network: With its loss.
        inputs: ``(N, channels, height, width)`` float64.
        labels: ``(N,)``.
        l2: Weight of the penalty.
    """

    network: NetworkFunction
    inputs: Float64[Tensor, "N channels height width"]
    labels: Int64[Tensor, " N"]
    l2: float

    def value(self, theta: Float64[Tensor, "K D"]) -> Float64[Tensor, " K"]:
        """Return its values."""
        return self.network.loss(theta, self.inputs, self.labels) + self.l2 / 2 * theta.square().sum(1)

    def gradient(self, theta: Float64[Tensor, "K D"]) -> Float64[Tensor, "K D"]:
        """Return its gradients."""
        return self.network.gradient(theta, self.inputs, self.labels) + self.l2 * theta

    def hessian(self, theta: Float64[Tensor, "K D"]) -> Float64[Tensor, "K D D"]:
        """Return its Hessians."""
        found = torch.stack([dense_hessian(self.network, one, self.inputs, self.labels) for one in theta])
        found.diagonal(dim1=1, dim2=2).add_(self.l2)
        return found


class Starts(NamedTuple):
    """Where the searches of one state start.

    Attributes:
        positions: On the line from the state (0) to the final one (1).
        noise_scales: Standard deviations of the noise, in root mean squares of the parameters.
        points: The parameters.
    """

    positions: Float64[Tensor, " K"]
    noise_scales: Float64[Tensor, " K"]
    points: Float64[Tensor, "K D"]


def starting_points(
    first: Float64[Tensor, " D"], last: Float64[Tensor, " D"], count: int, *, noise: float, seed: int, purpose: str
) -> Starts:
    """Draw starting points.

    Args:
        first: A state.
        last: The final one.
        count: K.
        noise: Largest noise.
        seed: Seed of what is drawn.
        purpose: What distinguishes it from other draws.

    Returns:
        Those of a smaller count are the first of a larger one.
    """
    sources = [generator(seed, purpose, index) for index in range(count)]
    uniform, normal = (
        torch.stack([draw(size, generator=source, dtype=first.dtype) for source in sources]).to(first.device)
        for draw, size in ((torch.rand, 2), (torch.randn, len(first)))
    )
    positions, scales = uniform[:, 0], noise * uniform[:, 1]
    on_line = first + positions[:, None] * (last - first)
    sizes = scales * on_line.square().mean(1).sqrt()
    return Starts(positions, scales, on_line + sizes[:, None] * normal)


def searched(
    objective: Objective, points: Float64[Tensor, "K D"], max_iterations: int, progress: OnProgress
) -> CriticalPoints:
    """Return the ends of searches, made as many at a time as their Hessians leave room for.

    Args:
        objective: What critical points are searched of.
        points: Where searches start.
        max_iterations: Steps after which a search is given up.
        progress: Called with the number of finished searches.
    """
    found: list[CriticalPoints] = []

    def told(done: int, _total: int, note: str) -> None:
        progress(done + sum(len(part.points) for part in found), len(points), note)

    for part in points.split(_at_a_time(points.shape[1])):
        found.append(
            critical_points(objective.gradient, objective.hessian, part, max_iterations=max_iterations, progress=told)
        )
    return CriticalPoints(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def _at_a_time(num_parameters: int) -> int:
    return max(1, MATRIX_NUMEL // num_parameters**2)


def rows(
    objective: Objective, starts: Starts, ends: CriticalPoints, *, state: str, max_noise: float, max_iterations: int
) -> list[CriticalPointRow]:
    """Return a row for each search that started from a state.

    Args:
        objective: What critical points were searched of.
        starts: Where searches started.
        ends: Where they ended.
        state: Name of the state.
        max_noise: Largest noise of the starts.
        max_iterations: Steps after which a search was given up.
    """
    columns: dict[str, list[Any]] = {name: one.tolist() for name, one in _measured(objective, starts, ends).items()}
    columns["verdict"] = _verdicts(ends)
    shared: dict[str, Any] = {
        "state": state,
        "max_noise": max_noise,
        "max_iterations": max_iterations,
        "num_points": len(ends.points),
        "num_samples": len(objective.inputs),
        "l2": objective.l2,
        "dimension": ends.points.shape[1],
    }
    return [
        CriticalPointRow(point=point, **shared, **{name: values[point] for name, values in columns.items()})
        for point in range(len(ends.points))
    ]


def _measured(objective: Objective, starts: Starts, ends: CriticalPoints) -> dict[str, Tensor]:
    """Return what is measured of each search, by column."""
    floors = EPS**0.5 * ends.eigenvalues.abs().amax(1)
    return {
        "position": starts.positions,
        "noise_scale": starts.noise_scales,
        "penalised_loss": objective.value(ends.points),
        "index": (ends.eigenvalues < -floors[:, None]).double().mean(1),
        "num_negative": (ends.eigenvalues < -floors[:, None]).sum(1),
        "num_zero": (ends.eigenvalues.abs() <= floors[:, None]).sum(1),
        "gradient_norm": ends.gradient_norms,
        "start_gradient_norm": objective.gradient(starts.points).norm(dim=1),
        "relative_residual": ends.residuals,
        "hessian_norm": ends.eigenvalues.norm(dim=1),
        "eigenvalue_min": ends.eigenvalues[:, 0],
        "eigenvalue_max": ends.eigenvalues[:, -1],
        "noise_floor": floors,
        "norm": ends.points.norm(dim=1),
        "distance": (ends.points - starts.points).norm(dim=1),
        "iterations": ends.iterations,
    }


def _verdicts(ends: CriticalPoints) -> list[str]:
    return [
        "critical" if critical else "gradient-flat" if flat else "unconverged"
        for critical, flat in zip(ends.is_critical.tolist(), ends.is_flat.tolist(), strict=True)
    ]


def needed_bytes(num_parameters: int, num_points: int, num_samples: int, units: int) -> int:
    """Return an estimate of the memory of searches.

    The matrices of the searches that run at a time, and the passes of one Hessian.

    Args:
        num_parameters: D.
        num_points: Searches.
        num_samples: N.
        units: Numbers that all modules of the network compute for one image.

    Returns:
        Bytes.
    """
    at_a_time = min(num_points, _at_a_time(num_parameters))
    block = max(BLOCK_SIZE, units)
    return BYTES * (MATRICES * at_a_time * num_parameters**2 + PASSES * block * num_samples * units)
