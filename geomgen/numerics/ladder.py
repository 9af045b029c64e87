r"""Chains at many weights of a loss at once, whose laws lead from the standard normal one to where the loss is small.

Rung r of a ladder has the law exp(-t_r L(y) - |y|^2/2) with 0 = t_0 < t_1 < ... Chains on neighbouring rungs exchange
their places, so that those that come from below find all valleys which those above hold.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.numerics.langevin import ACCEPTANCE, DECAY, GAIN, Localised, LossAndGradient, hamiltonian_step

FIRST_STEP = 0.05
"""Square of the length of leapfrog steps before it is tuned, in units of the scales."""
MOST_CHANGE = 1.0
"""Largest step of the logarithm of a weight that is searched for."""


@dataclass(frozen=True)
class Valley:
    """A loss under the standard normal law.

    Attributes:
        loss: L of K points and its gradients.
        curvatures: Of L along each coordinate, about; each rung's steps are scaled to 1 + t times them, ``(D,)``.
    """

    loss: LossAndGradient
    curvatures: Float64[Tensor, " D"]

    def at(self, weights: Float64[Tensor, " K"], log_steps: Float64[Tensor, " K"]) -> Localised:
        """Return the law of each of K chains, whose leapfrog steps are 1 long in its units."""
        scale = (log_steps[:, None] - (weights[:, None] * self.curvatures).log1p()).div(2).exp()
        centre = torch.zeros_like(self.curvatures)
        return Localised(self.loss, weights, localization=1.0, centre=centre, scale=scale)

    def drawn(
        self, weights: Float64[Tensor, " R"], bottom: Float64[Tensor, " D"], normal: Float64[Tensor, "R C D"]
    ) -> Float64[Tensor, "R C D"]:
        """Return draws of each rung's law were the loss 1/2 sum h_i (y_i - bottom_i)^2, from standard normal ones."""
        stiffness = weights[:, None, None] * self.curvatures
        return (stiffness * bottom + (1 + stiffness).sqrt() * normal) / (1 + stiffness)


class Climb(NamedTuple):
    """What chains on a ladder recorded.

    Attributes:
        losses: L of each draw after burn-in, ``(R, C, n)``.
        acceptance: Mean acceptance on each rung, ``(R,)``.
        exchanges: Mean acceptance of exchanges with the rung above, ``(R - 1,)``.
    """

    losses: Float64[Tensor, "R C n"]
    acceptance: Float64[Tensor, " R"]
    exchanges: Float64[Tensor, " S"]


@dataclass(frozen=True)
class Schedule:
    """How long chains run.

    Attributes:
        num_draws: n, after burn-in.
        burn_in: Draws before, in which steps are tuned.
        leapfrog_steps: Per draw.
    """

    num_draws: int
    burn_in: int
    leapfrog_steps: int


def climb(
    valley: Valley,
    weights: Float64[Tensor, " R"],
    starts: Float64[Tensor, "R C D"],
    schedule: Schedule,
    *,
    source: torch.Generator,
    on_draw: Callable[[int], None] = lambda _done: None,
) -> Climb:
    """Run C chains on each of R rungs; the C ladders do not see each other.

    Args:
        valley: The loss.
        weights: t of each rung, rising.
        starts: Where the chains begin.
        schedule: How long they run.
        source: Of all noise.
        on_draw: Called with the number of draws so far.

    Returns:
        Losses on each rung.

    Source:
        Geyer (1991), Markov Chain Monte Carlo Maximum Likelihood, for exchanges.
    """
    num_rungs, num_chains, _ = starts.shape
    of_chains = weights.repeat_interleave(num_chains)
    log_steps = torch.full_like(weights, math.log(FIRST_STEP))
    target = valley.at(of_chains, log_steps.repeat_interleave(num_chains))
    points = target.at(starts.flatten(0, 1))
    losses, accepted, swapped = list[Tensor](), list[Tensor](), list[Tensor]()
    for draw in range(-schedule.burn_in, schedule.num_draws):
        points, probability = hamiltonian_step(target, points, 1.0, schedule.leapfrog_steps, source)
        acceptance = probability.view(num_rungs, num_chains).mean(1)
        if draw < 0:
            log_steps = _tuned(log_steps, acceptance, draw + schedule.burn_in + 1)
            target = valley.at(of_chains, log_steps.repeat_interleave(num_chains))
        order, exchanged = _exchange(points.losses.view(num_rungs, num_chains), weights, draw % 2, source)
        points = target.at(points.positions[order])
        if draw >= 0:
            losses.append(points.losses.view(num_rungs, num_chains))
            accepted.append(acceptance)
            swapped.append(exchanged)
        on_draw(draw + schedule.burn_in + 1)
    return Climb(torch.stack(losses, 2), torch.stack(accepted).mean(0), 2 * torch.stack(swapped).mean(0))


def _tuned(log_steps: Tensor, acceptance: Tensor, count: int) -> Tensor:
    gain: float = GAIN * count**-DECAY
    return log_steps + gain * (acceptance - ACCEPTANCE["hmc"])


def _exchange(
    losses: Float64[Tensor, "R C"], weights: Float64[Tensor, " R"], parity: int, source: torch.Generator
) -> tuple[Tensor, Float64[Tensor, " S"]]:
    """Return which point each chain has after every second pair of neighbouring rungs was offered an exchange.

    Also returns how often each pair accepts, 0 of pairs that were offered none.
    """
    num_rungs, num_chains = losses.shape
    gains = weights.diff()[:, None] * losses.diff(dim=0)
    probability = gains.clamp(max=0).exp().nan_to_num(nan=0.0)
    is_offered = torch.arange(num_rungs - 1, device=losses.device) % 2 == parity
    uniform = torch.rand(probability.shape, generator=source, dtype=losses.dtype).to(losses.device)
    is_taken = (uniform < probability) & is_offered[:, None]
    order = torch.arange(num_rungs * num_chains, device=losses.device).view(num_rungs, num_chains)
    found = order.clone()
    found[:-1] = torch.where(is_taken, order[1:], found[:-1])
    found[1:] = torch.where(is_taken, order[:-1], found[1:])
    return found.flatten(), (probability * is_offered[:, None]).mean(1)


def matching_weight(
    valley: Valley,
    starts: Float64[Tensor, "C D"],
    limit: float,
    schedule: Schedule,
    *,
    least: float,
    source: torch.Generator,
) -> float:
    """Return about the weight t at which the mean loss is a limit, by Robbins and Monro's method for ln t.

    It begins at D / 2 limit, which it is of a quadratic without a prior, and stays there for half of the burn-in, in
    which chains leave a bottom where they begin.

    Args:
        valley: The loss.
        starts: Where chains begin.
        limit: Above 0.
        schedule: How long they run.
        least: Smallest weight that is returned.
        source: Of all noise.
    """
    log_weight, log_step = math.log(starts.shape[1] / (2 * limit)), starts.new_full((1,), math.log(FIRST_STEP))
    target, points, found = None, None, list[float]()
    for draw in range(1, schedule.burn_in + schedule.num_draws + 1):
        weights = starts.new_full((len(starts),), max(math.exp(log_weight), least))
        target = valley.at(weights, log_step.expand(len(starts)))
        points = target.at(starts if points is None else points.positions)
        points, probability = hamiltonian_step(target, points, 1.0, schedule.leapfrog_steps, source)
        log_step = _tuned(log_step, probability.mean()[None], draw)
        excess = float(points.losses.mean().clamp(min=limit * math.exp(-MOST_CHANGE)).div(limit).log())
        if (count := draw - schedule.burn_in // 2) > 0:
            log_weight += GAIN * count**-DECAY * min(excess, MOST_CHANGE)
        found += [log_weight] if draw > schedule.burn_in else []
    return max(math.exp(sum(found) / len(found)), least)
