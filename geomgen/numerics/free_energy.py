r"""Free energies by thermodynamic integration, and the mass of the set in which a loss is small.

With Z(t) = E exp(-t L) over a law of mass 1, -d ln Z/dt is the mean of L under the density proportional to exp(-t L)
times the law's. It falls as t grows, so that -ln Z(t) = int_0^t <L>_s ds is found from chains on a ladder of t.
The mass V(eps) of {L <= eps} is exactly Z(t) <exp(t L) 1(L <= eps)>_t at every t, Z being the Laplace transform of
dV; where <L>_t is about eps, the terms of that mean are of one size.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.numerics.chain_mean import ChainMean, chain_mean

ENDS = (3 / 8, 7 / 6, 23 / 24)
"""Weights of the outermost points in Gregory's rule of fourth order; all others have 1."""
FEWEST_NODES = 2 * len(ENDS)
FEWEST_RUNGS = 2 * FEWEST_NODES - 1
SMALLEST = 1e-300
CHANGES_PER_ERROR = 3
"""By how much more than it errs a rule is taken to change if its spacing is doubled: 2^2 - 1, as one of second order.
For Gregory's, which is of fourth, that is on the safe side."""


class FreeEnergy(NamedTuple):
    """-ln Z at one rung.

    Attributes:
        value: In nats.
        stderr: Its Monte-Carlo error, and what the spacing of the ladder may have changed it by, together.
        quadrature_error: The latter alone.
    """

    value: float
    stderr: float
    quadrature_error: float


class LogMassBelow(NamedTuple):
    """ln V(eps), and d ln V / d ln eps.

    Attributes:
        value: In nats.
        mean: Of the terms whose mean it is, linearised: their Monte-Carlo error and signs of mixing.
        slope: d ln V / d ln eps.
        slope_stderr: Its Monte-Carlo error.
    """

    value: float
    mean: ChainMean
    slope: float
    slope_stderr: float


def ladder_of(first: float, last: float, num_rungs: int) -> Float64[Tensor, " R"]:
    """Return 0 and then an odd number of weights, evenly spaced in the logarithm.

    Raises:
        ValueError: If there are fewer than 11, or an even number.
    """
    if num_rungs < FEWEST_RUNGS or num_rungs % 2 == 0:
        raise ValueError(f"{num_rungs} rungs: their number must be odd, and at least {FEWEST_RUNGS}")
    spaced = torch.linspace(math.log(first), math.log(last), num_rungs, dtype=torch.float64).exp()
    return torch.cat([spaced.new_zeros(1), spaced])


def integration_weights(ladder: Float64[Tensor, " R"]) -> Float64[Tensor, " R"]:
    """Return W with int_0^t_R f dt = sum_r W_r f(t_r): the trapezoid up to t_1, Gregory's rule in ln t from there on.

    Args:
        ladder: 0, and weights that are evenly spaced in the logarithm.

    Source:
        Gregory (1670); Fornberg and Reeger (2019), An Improved Gregory-Like Method for 1-D Quadrature.
    """
    weights = torch.zeros_like(ladder)
    nodes = ladder[1:]
    if len(nodes) > 1:
        spacing = math.log(float(nodes[1] / nodes[0]))
        weights[1:] = _gregory(len(nodes)) * spacing * nodes
    weights[:2] += nodes[0] / 2
    return weights


def _gregory(count: int) -> Float64[Tensor, " R"]:
    weights = torch.ones(count, dtype=torch.float64)
    ends = ENDS if count >= FEWEST_NODES else (0.5,)
    for place, end in enumerate(ends):
        weights[place] = weights[-1 - place] = end
    return weights


def free_energies(ladder: Float64[Tensor, " R"], losses: Float64[Tensor, "R C n"]) -> list[FreeEnergy]:
    """Return -ln Z at each rung.

    The error comes from the C ladders' integrals draw by draw, so that it holds whatever the correlation of rungs.

    Args:
        ladder: 0, and weights that are evenly spaced in the logarithm.
        losses: L of n draws of C chains on each rung.
    """
    above = (_free_energy(ladder[: rung + 1], losses[: rung + 1]) for rung in range(1, len(ladder)))
    return [FreeEnergy(0.0, 0.0, 0.0), *above]


def _free_energy(ladder: Tensor, losses: Tensor) -> FreeEnergy:
    integrals = torch.tensordot(integration_weights(ladder), losses, 1)
    means = losses.mean((1, 2))
    coarse = torch.cat([ladder[:1], ladder[1:].flip(0)[::2].flip(0)])
    again = torch.cat([means[:1], means[1:].flip(0)[::2].flip(0)])
    spacing_error = float((integration_weights(ladder) @ means - integration_weights(coarse) @ again).abs())
    first_error = float((means[0] - means[1]).abs() * ladder[1] / 2)
    error = spacing_error / CHANGES_PER_ERROR + first_error
    return FreeEnergy(float(integrals.mean()), math.hypot(mean_of_chains(integrals).stderr, error), error)


def log_mass_below(
    ladder: Float64[Tensor, " R"], losses: Float64[Tensor, "R C n"], limit: float
) -> LogMassBelow | None:
    r"""Return ln V(eps) = ln Z(t) + ln <exp(t L) 1(L <= eps)>_t with t the last rung; None if no draw is in the set.

    d V/d ln eps is the density of ln L at ln eps under the law, by a kernel of fourth order, whose width is the mean of
    ln(eps/L) over {L <= eps}. In D dimensions nearly all of that set has levels within about 2/D of eps, as a share.

    Args:
        ladder: 0, and weights that are evenly spaced in the logarithm.
        losses: L of n draws of C chains on each rung.
        limit: eps, above 0.

    Source:
        Gasser, Muller and Mammitzsch (1985), Kernels for Nonparametric Curve Estimation, for the slope.
    """
    top = losses[-1]
    log_terms, is_below = ladder[-1] * top, top <= limit
    log_mean = log_terms[is_below].logsumexp(0) - math.log(top.numel())
    if not math.isfinite(float(log_mean)):
        return None
    relative = (log_terms - log_mean).exp()
    shares = relative * is_below
    integrals = torch.tensordot(integration_weights(ladder), losses, 1)
    depths = math.log(limit) - top.clamp(min=SMALLEST).log()
    width = (shares * depths).mean()
    densities = (relative * _kernel(depths / width) / width).nan_to_num(nan=0.0)
    slope = float(densities.mean())
    return LogMassBelow(
        value=float(log_mean - integrals.mean()),
        mean=mean_of_chains(shares - integrals),
        slope=slope,
        slope_stderr=mean_of_chains(densities - slope * shares).stderr,
    )


def _kernel(places: Tensor) -> Tensor:
    """Return the kernel of fourth order on (-1, 1) that has the least error: moments 1, 0, 0, 0."""
    squares = places.square().clamp(max=1)
    return 15 / 32 * (1 - squares) * (3 - 7 * squares)


def mean_of_chains(draws: Float64[Tensor, "C n"]) -> ChainMean:
    """Return the mean of chains that cannot diverge, since they refuse what is not finite.

    Raises:
        ValueError: If none is finite throughout.
    """
    found = chain_mean(draws)
    if found is None:
        raise ValueError("no chain is finite throughout")
    return found
