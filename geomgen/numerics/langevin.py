r"""Markov chains whose stationary law is exp(-n beta L(w) - gamma/2 |w - w*|^2), all chains at once.

SGLD takes noisy gradients and is biased by its step; MALA and HMC take exact ones and are not. MALA is HMC with one
leapfrog step.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

SAMPLERS = ("sgld", "mala", "hmc")
ACCEPTANCE = {"mala": 0.574, "hmc": 0.8}
"""Mean acceptance at which each sampler mixes fastest in many dimensions (Roberts and Rosenthal 1998; Beskos et al.
2013)."""
JITTER = 0.2
GAIN, DECAY = 1.0, 0.6
"""Robbins and Monro's steps GAIN / t^DECAY for the logarithm of the step size."""

LossAndGradient = Callable[[Float[Tensor, "K D"]], tuple[Float[Tensor, " K"], Float[Tensor, "K D"]]]
"""The losses of K points, and their gradients; either may be a minibatch's."""


@dataclass(frozen=True)
class Localised:
    """The energy U(w) = n beta L(w) + gamma/2 |w - w*|^2 of a tempered posterior near a point.

    Attributes:
        loss: L and its gradient.
        n_beta: n times the inverse temperature; of all chains, or of each.
        localization: gamma.
        centre: w*.
        scale: Units in which each coordinate's steps are measured, of all chains or of each; steps of equal size are
            equally likely in all.
        half_width: The chains stay in the cube of points at most this far from the centre, in each coordinate; None for
            no bound.
    """

    loss: LossAndGradient
    n_beta: float | Float[Tensor, " K"]
    localization: float
    centre: Float[Tensor, " D"]
    scale: Float[Tensor, "*K D"] | float = 1.0
    half_width: float | None = None

    def at(self, positions: Float[Tensor, "K D"]) -> "Points":
        """Return the losses of K points and the gradients of their energies."""
        losses, gradients = self.loss(positions)
        weights = torch.as_tensor(self.n_beta, dtype=positions.dtype, device=positions.device).unsqueeze(-1)
        slopes = (positions - self.centre).mul_(self.localization).addcmul_(gradients, weights)
        return Points(positions, losses, slopes)

    def energies(self, points: "Points") -> Float[Tensor, " K"]:
        """Return the energies of K points, infinite outside of the cube."""
        offset = points.positions - self.centre
        energies = self.n_beta * points.losses + self.localization / 2 * offset.square().sum(-1)
        if self.half_width is None:
            return energies
        return energies.masked_fill((offset.abs() > self.half_width).any(-1), math.inf)

    def folded(self, positions: Float[Tensor, "K D"]) -> Float[Tensor, "K D"]:
        """Return points with those outside of the cube reflected at its faces."""
        if self.half_width is None:
            return positions
        period = 4 * self.half_width
        shifted = (positions - self.centre + self.half_width).remainder(period)
        return self.centre - self.half_width + torch.minimum(shifted, period - shifted)


class Points(NamedTuple):
    """K positions with their losses and the gradients of their energies."""

    positions: Float[Tensor, "K D"]
    losses: Float[Tensor, " K"]
    gradients: Float[Tensor, "K D"]

    def where(self, chosen: Bool[Tensor, " K"], others: "Points") -> "Points":
        """Return these points where chosen is true, and others elsewhere."""
        return Points(
            *(
                torch.where(chosen.view(-1, *[1] * (mine.dim() - 1)), mine, other)
                for mine, other in zip(self, others, strict=True)
            )
        )


@dataclass(frozen=True)
class Sampler:
    """How chains move.

    Attributes:
        name: One of `SAMPLERS`.
        step: e: SGLD's and MALA's step moves by -(e/2) grad U + sqrt(e) xi; HMC's leapfrog steps are sqrt(e) long.
        leapfrog_steps: Leapfrog steps of HMC per draw.
    """

    name: str
    step: float
    leapfrog_steps: int = 10

    def move(self, target: Localised, points: Points, source: torch.Generator) -> tuple[Points, Float[Tensor, " K"]]:
        """Return the chains after one draw, and the probability with which each was to accept it."""
        if self.name == "sgld":
            return langevin_step(target, points, self.step, source), torch.ones_like(points.losses)
        return hamiltonian_step(target, points, self.step, 1 if self.name == "mala" else self.leapfrog_steps, source)


def langevin_step(target: Localised, points: Points, step: float, source: torch.Generator) -> Points:
    """Return points after w - (e/2) s^2 grad U(w) + sqrt(e) s xi, with s the scale and xi standard normal.

    Source:
        Welling and Teh (2011), Bayesian Learning via Stochastic Gradient Langevin Dynamics.
    """
    scale = torch.as_tensor(target.scale, dtype=points.positions.dtype, device=points.positions.device)
    moved = _normal(points.positions, source).mul_(math.sqrt(step) * scale).add_(points.positions)
    return target.at(target.folded(moved.addcmul_(points.gradients, scale.square(), value=-step / 2)))


def hamiltonian_step(
    target: Localised, points: Points, step: float, num_leapfrog: int, source: torch.Generator
) -> tuple[Points, Float[Tensor, " K"]]:
    """Return points after a trajectory that each accepts or refuses, and the probabilities of acceptance.

    With more than one leapfrog step their length is jittered by up to a fifth, so that no period is always met.

    Source:
        Neal (2011), MCMC Using Hamiltonian Dynamics; Roberts and Tweedie (1996) for one leapfrog step, which is MALA.
    """
    momenta = _normal(points.positions, source)
    jitter = 1 + JITTER * (2 * float(torch.rand((), generator=source)) - 1) if num_leapfrog > 1 else 1.0
    ends, last = leapfrog(target, points, momenta, jitter * math.sqrt(step), num_leapfrog)
    acceptance = acceptance_probability(target, points, momenta, ends, last)
    uniform = torch.rand(acceptance.shape, generator=source, dtype=acceptance.dtype).to(acceptance.device)
    return ends.where(uniform < acceptance, points), acceptance


def leapfrog(
    target: Localised, points: Points, momenta: Float[Tensor, "K D"], length: float, count: int
) -> tuple[Points, Float[Tensor, "K D"]]:
    """Return points and momenta after some leapfrog steps."""
    for _ in range(count):
        momenta = momenta - length / 2 * target.scale * points.gradients
        points = target.at(points.positions + length * target.scale * momenta)
        momenta = momenta - length / 2 * target.scale * points.gradients
    return points, momenta


def acceptance_probability(
    target: Localised, points: Points, momenta: Float[Tensor, "K D"], ends: Points, last: Float[Tensor, "K D"]
) -> Float[Tensor, " K"]:
    """Return min(1, exp(-change of U + |p|^2/2)); 0 where the energy has become infinite or is no number."""
    change = target.energies(ends) - target.energies(points) + (last.square().sum(-1) - momenta.square().sum(-1)) / 2
    return (-change).clamp(max=0).exp().nan_to_num(nan=0.0)


class Chains(NamedTuple):
    """What K chains recorded.

    Attributes:
        losses: Of each draw after burn-in, ``(K, n)``.
        observed: What was observed of each, ``(K, n)``; empty if nothing was.
        acceptance: Mean acceptance after burn-in, of each chain.
        step: e after its tuning.
    """

    losses: Float[Tensor, "K n"]
    observed: Float[Tensor, "K m"]
    acceptance: Float[Tensor, " K"]
    step: float


def run_chains(
    target: Localised,
    sampler: Sampler,
    start: Float[Tensor, "K D"],
    *,
    num_draws: int,
    burn_in: int,
    source: torch.Generator,
    tune: bool = False,
    observe: Callable[[Float[Tensor, "K D"]], Float[Tensor, " K"]] | None = None,
    on_draw: Callable[[int], None] = lambda _done: None,
) -> Chains:
    """Run chains that do not see each other; one whose loss stops being finite stays so and harms no other.

    Args:
        target: The energy.
        sampler: How they move.
        start: First positions.
        num_draws: n, after burn-in.
        burn_in: Draws before, that are dropped.
        source: Of all noise.
        tune: Whether the step is fitted during burn-in to the sampler's best acceptance; not for SGLD.
        observe: A number of each position that is recorded.
        on_draw: Called with the number of draws so far.

    Returns:
        What they recorded.
    """
    points, log_step = target.at(start), math.log(sampler.step)
    losses, observed, accepted = list[Tensor](), list[Tensor](), list[Tensor]()
    for draw in range(-burn_in, num_draws):
        points, acceptance = sampler.move(target, points, source)
        if draw < 0 and tune:
            log_step += GAIN * (draw + burn_in + 1) ** -DECAY * (float(acceptance.mean()) - ACCEPTANCE[sampler.name])
            sampler = replace(sampler, step=math.exp(log_step))
        elif draw >= 0:
            losses.append(points.losses)
            accepted.append(acceptance)
            observed += [observe(points.positions)] if observe else []
        on_draw(draw + burn_in + 1)
    nothing = start.new_empty(len(start), 0)
    return Chains(
        losses=torch.stack(losses, 1),
        observed=torch.stack(observed, 1) if observed else nothing,
        acceptance=torch.stack(accepted, 1).mean(1),
        step=sampler.step,
    )


def _normal(like: Tensor, source: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=source, dtype=like.dtype, device=source.device).to(like.device)
