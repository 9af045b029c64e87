"""The minima that many networks of one shape find, and the volume of each."""

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.config.minima import MinimaConfig
from geomgen.measures.equations import Equations, Fitted, equations_of, fitted
from geomgen.numerics.quadratic_correction import Quadratic, quadratic_correction
from geomgen.numerics.rounding import rounding_threshold
from geomgen.numerics.saddlepoint import log_mass_of_quadratic
from geomgen.numerics.seeds import generator
from geomgen.numerics.surface import Linearised, gradient_flow
from geomgen.progress import OnProgress
from geomgen.tables.minima import MinimumRow
from geomgen.tables.parameter_volume import DEPARTS, RESOLVED

BLOCK = 100
"""Networks that are trained together: memory is bounded, and progress is seen."""


def rows(config: MinimaConfig, progress: OnProgress) -> list[MinimumRow]:
    """Return a row for each network that comes to fit exactly.

    Args:
        config: The networks and the tolerance.
        progress: Called after every block of networks.
    """
    of = fitted(config)
    problem = equations_of(of, config)
    found = list[MinimumRow]()
    for first in range(0, config.networks, BLOCK):
        ends = gradient_flow(problem.moved, problem.origins[first : first + BLOCK])
        numbers = first + ends.is_converged.nonzero().squeeze(1)
        points = ends.points[ends.is_converged] / problem.unit
        found += _rows_of_block(of, problem, points, numbers, config)
        progress(min(first + BLOCK, config.networks), config.networks, "networks trained")
    return found


def _rows_of_block(
    of: Fitted, problem: Equations, points: Float64[Tensor, "K D"], numbers: Tensor, config: MinimaConfig
) -> Iterator[MinimumRow]:
    """Yield the rows of networks at minima, z."""
    at = Linearised.at(problem.system, points)
    errors = errors_at_new_inputs(of, points)
    curvatures, centres = second_order(at, points)
    for index, number in enumerate(numbers.tolist()):
        h, m = curvatures[index], centres[index]
        bends = h > rounding_threshold(points.shape[1]) * h.max()
        vectors = at.rows[index].T @ at.vectors[index][:, bends] / at.eigenvalues[index][bends].sqrt()
        quadratic = Quadratic(h[bends], vectors, m[bends])
        yield MinimumRow(
            network=number,
            num_parameters=points.shape[1],
            num_curved=int(bends.sum()),
            log_volume_nats=log_mass_of_quadratic(quadratic.values, quadratic.centres, config.tolerance).value,
            trace=float(h.sum()),
            half_log_det_nats=float(quadratic.values.log().sum()) / 2,
            log_prior_nats=-float(points[index].square().sum()) / 2,
            test_error=None if errors is None else float(errors[index]),
            **_missed(problem, quadratic, config, number),
        )


def _missed(problem: Equations, quadratic: Quadratic, config: MinimaConfig, number: int) -> dict[str, Any]:
    """Return the columns on what the quadratic of one network misses."""
    source = generator(config.seed, "minima-quadratic", number)
    found = quadratic_correction(
        lambda points: problem.system.values(points).square().mean(1), quadratic, config.tolerance, source
    )
    return {
        "quadratic_correction_nats": found.log_mean.value,
        "quadratic_correction_stderr_nats": found.log_mean.stderr,
        "quadratic_ratio": found.ratio,
        "verdict": RESOLVED if found.is_small else DEPARTS,
    }


def second_order(
    at: Linearised, points: Float64[Tensor, "K D"]
) -> tuple[Float64[Tensor, "K N"], Float64[Tensor, "K N"]]:
    """Return the eigenvalues of the Hessian of |F|^2 / N where F = 0, and each point's coordinates along its vectors.

    There H = (2/N) J^T J: the eigenvalues k of J J^T, with vectors u, give 2 k / N, and the vectors J^T u / sqrt(k).

    Args:
        at: F and J at the points.
        points: z.
    """
    lengths = at.eigenvalues.clamp(min=torch.finfo(points.dtype).tiny).sqrt()
    centres = (at.vectors.mT @ at.along(points)[:, :, None]).squeeze(2) / lengths
    return 2 * at.eigenvalues / at.residuals.shape[1], centres


def errors_at_new_inputs(of: Fitted, points: Float64[Tensor, "K D"]) -> Float64[Tensor, " K"] | None:
    """Return the share of new inputs at which each network's sign is wrong; None if there are none."""
    if not len(of.new_inputs):
        return None
    return (of.networks.outputs(points, of.new_inputs) * of.new_signs <= 0).double().mean(1)
