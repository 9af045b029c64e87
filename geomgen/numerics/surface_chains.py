r"""Markov chains on a surface F(z) = 0 with a density exp(-|z|^2 / 2 + w(z)) relative to its own measure."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from geomgen.numerics.surface import Linearised, System

LogWeight = Callable[[Linearised], Float64[Tensor, " K"]]
"""w, from the Jacobian at K points."""

ACCEPTANCE, GAIN, DECAY = 0.8, 1.0, 0.6
QUARTER, FIRST_STEP = math.pi / 2, 0.3
"""A quarter of the period in which exp(-|z|^2 / 2) turns positions into momenta, and the first length of a step."""
NEWTON_STEPS, LAST_STEPS, SOLVED, RETURNED, JITTER = 2, 8, 1e-11, 1e-7, 0.2


class SurfaceChains(NamedTuple):
    """What K chains came to.

    Attributes:
        points: Where each ended, ``(K, D)``.
        energies: |z|^2 / 2 of each draw after burn-in, ``(K, n)``.
        acceptance: Mean acceptance after burn-in.
        step: Length of a step after its tuning.
    """

    points: Float64[Tensor, "K D"]
    energies: Float64[Tensor, "K n"]
    acceptance: float
    step: float


class _State(NamedTuple):
    """Points with F and J there, the log density and its gradient."""

    points: Float64[Tensor, "K D"]
    at: Linearised
    log_density: Float64[Tensor, " K"]
    force: Float64[Tensor, "K D"]

    def where(self, which: Bool[Tensor, " K"], other: "_State") -> "_State":
        return _State(
            torch.where(which[:, None], self.points, other.points),
            self.at.where(which, other.at),
            torch.where(which, self.log_density, other.log_density),
            torch.where(which[:, None], self.force, other.force),
        )


@dataclass(frozen=True)
class _Law:
    system: System
    log_weight: LogWeight

    def at(self, points: Tensor) -> _State:
        points = points.detach().requires_grad_()
        linearised = Linearised.at(self.system, points)
        log_density = self.log_weight(linearised) - points.square().sum(1) / 2
        (force,) = torch.autograd.grad(log_density.sum(), points)
        return _State(points.detach(), linearised.detached, log_density.detach(), force)


def surface_chains(
    system: System,
    starts: Float64[Tensor, "K D"],
    log_weight: LogWeight,
    *,
    num_draws: int,
    burn_in: int,
    source: torch.Generator,
    on_draw: Callable[[int], None] = lambda _done: None,
) -> SurfaceChains:
    """Run constrained Hamiltonian chains; a trajectory that leaves the surface or does not return by itself is refused.

    Each draw takes steps over about a quarter of a period.

    Args:
        system: F.
        starts: On the surface.
        log_weight: w.
        num_draws: n, after burn-in.
        burn_in: Draws before, in which the length of a step is tuned.
        source: Of all noise.
        on_draw: Called with the number of draws so far.

    Returns:
        What they came to.

    Source:
        Lelievre, Rousset and Stoltz (2019), Hybrid Monte Carlo methods for sampling probability measures on
        submanifolds.
    """
    law = _Law(system, log_weight)
    state, log_step = law.at(starts), math.log(FIRST_STEP)
    energies, accepted = list[Tensor](), list[float]()
    for draw in range(-burn_in, num_draws):
        state, acceptance = _drawn(law, state, math.exp(log_step), source)
        if draw < 0:
            log_step += GAIN * (draw + burn_in + 1) ** -DECAY * (acceptance - ACCEPTANCE)
            log_step = min(log_step, math.log(QUARTER / 2))
        else:
            energies.append(state.points.square().sum(1) / 2)
            accepted.append(acceptance)
        on_draw(draw + burn_in + 1)
    return SurfaceChains(state.points, torch.stack(energies, 1), math.fsum(accepted) / num_draws, math.exp(log_step))


def _drawn(law: _Law, state: _State, step: float, source: torch.Generator) -> tuple[_State, float]:
    """Return the chains after one trajectory that each accepts or refuses, and their mean acceptance."""
    step *= 1 + JITTER * (2 * float(torch.rand((), generator=source)) - 1)
    momenta = state.at.tangent(torch.randn(state.points.shape, generator=source, dtype=state.points.dtype))
    end, last = state, momenta
    is_sound = torch.ones(len(momenta), dtype=torch.bool)
    for _ in range(max(1, round(QUARTER / step))):
        moved, moved_momenta, is_there = _step(law, end, last, step)
        back, is_back = _position(law.system, moved, -moved_momenta, step)
        is_back &= (back - end.points).norm(dim=1) <= RETURNED * end.points.norm(dim=1)
        is_sound &= is_there & is_back
        end, last = moved.where(is_sound, end), torch.where(is_sound[:, None], moved_momenta, last)
    change = _energy(end, last) - _energy(state, momenta)
    probability = (-change).clamp(max=0).exp().nan_to_num(nan=0.0) * is_sound
    is_taken = torch.rand(len(momenta), generator=source, dtype=probability.dtype) < probability
    return end.where(is_taken, state), float(probability.mean())


def _energy(state: _State, momenta: Tensor) -> Tensor:
    return momenta.square().sum(1) / 2 - state.log_density


def _step(law: _Law, state: _State, momenta: Tensor, step: float) -> tuple[_State, Tensor, Tensor]:
    """Return points and momenta after one step of RATTLE, and which of them are back on the surface."""
    points, is_there = _position(law.system, state, momenta, step)
    moved = law.at(torch.where(is_there[:, None], points, state.points))
    return moved, moved.at.tangent((moved.points - state.points) / step + step / 2 * moved.force), is_there


def _position(system: System, state: _State, momenta: Tensor, step: float) -> tuple[Tensor, Tensor]:
    """Return z + h (p + h f/2) - J^T m on the surface, m by Newton's iteration, and where it was found.

    The last steps keep the matrix of those before.
    """
    points, normals = state.points + step * (momenta + step / 2 * state.force), state.at.rows
    goal = SOLVED * state.at.eigenvalues[:, -1].clamp(min=0).sqrt()
    for _ in range(NEWTON_STEPS):
        residuals, rows = system.jacobian(points)
        inner = torch.linalg.inv_ex(rows @ normals.mT)[0]
        points = points - _combined(normals, inner, residuals)
    for _ in range(LAST_STEPS):
        residuals = system.values(points)
        is_there = residuals.norm(dim=1) <= goal
        if bool((is_there | ~residuals.isfinite().all(1)).all()):
            break
        points = torch.where(is_there[:, None], points, points - _combined(normals, inner, residuals))
    return points, is_there


def _combined(normals: Tensor, inner: Tensor, residuals: Tensor) -> Tensor:
    return ((inner @ residuals[:, :, None]).mT @ normals).squeeze(1)
