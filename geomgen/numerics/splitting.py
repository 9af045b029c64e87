"""Probabilities of rare events of Gaussian vectors, by multilevel splitting."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.numerics.orthant import LogProbability, UnresolvedError

Score = Callable[[Float64[Tensor, "n dim"]], Float64[Tensor, " n"]]
KEPT, MOST_LEVELS, FEWEST_REPLICATES = 0.5, 500, 8
WANTED_ACCEPTANCE, SMALLEST_STEP = 0.3, 1e-4
FIRST_STEP, SHRINK = 0.5, 4
FIRST_MOVES, SMALLEST_CHANGE = 10, 0.1


class Settled(NamedTuple):
    """Runs of splitting with as many moves per level as it took.

    Attributes:
        found: ln P; its standard error has the change at the last doubling of the moves in it.
        spread: Standard deviation of ln P over the last runs, in nats. Above 1, they have too few particles.
        runs: The last runs.
        moves: Moves per level of these.
        is_mixed: Whether the last doubling changed less than twice the standard error of a change, or 0.1 nats.
    """

    found: LogProbability
    spread: float
    runs: Sequence["Splitting"]
    moves: int
    is_mixed: bool


class Splitting(NamedTuple):
    """One run of splitting.

    Attributes:
        log_probability: ln P, in nats; exp of it is nearly unbiased.
        levels: Number of levels above which particles were kept.
        ancestors: How many of the first particles have descendants among the last; of n particles that forget each
            level before the next, about 4 n / (3 levels).
    """

    log_probability: float
    levels: int
    ancestors: int


def split(score: Score, dim: int, *, particles: int, moves: int, generator: torch.Generator) -> Splitting:
    r"""Estimate ln P(score(x) > 0) of x ~ N(0, I).

    P = prod_l P(score > s_l | score > s_{l-1}), each s_l the median of the particles. Those above it are kept, copied
    in place of the others, and moved by x' = sqrt(1 - b^2) x + b z, z ~ N(0, I), accepted if still above. Each move
    changes as many coordinates as one of dim, dim/4, dim/16, ..., 1, chosen at random; each of these has a b of its
    own, which follows the particles from level to level so that 30 % of the moves are accepted. Moves of all
    coordinates alone are short where many conditions hold at once: then ln P is too low by nats.

    Args:
        score: Maps ``(n, dim)`` to ``(n,)``, float64.
        dim: Dimension of x.
        particles: Number of vectors, >= 2.
        moves: Of each particle per level. If they are too few, ln P is too low, and the spread over runs does not show
            it.
        generator: Source of randomness.

    Returns:
        ln P in nats, and how it was reached.

    Raises:
        UnresolvedError: If no particle is above a level, or 500 levels do not reach 0.

    Source:
        Botev and Kroese (2012); Cotter et al. (2013) for the moves.
    """
    states = torch.randn(particles, dim, generator=generator, dtype=torch.float64)
    scores, roots, log_probability, steps = score(states), torch.arange(particles), 0.0, _first_steps(dim)
    for level in range(MOST_LEVELS):
        bound = min(float(scores.quantile(1 - KEPT)), 0.0)
        above = (scores > bound).nonzero().squeeze(1)
        if not len(above):
            raise UnresolvedError(f"splitting of {particles} particles is stuck at score {bound:g}: none is above it")
        log_probability += math.log(len(above) / particles)
        if bound == 0:
            return Splitting(log_probability, level, len(roots[above].unique()))
        chosen = above[torch.randint(len(above), (particles,), generator=generator)]
        chosen[: len(above)] = above
        states, scores, roots = states[chosen], scores[chosen], roots[chosen]
        for _ in range(moves):
            _move(states, scores, score, bound, steps, generator)
    raise UnresolvedError(f"splitting did not reach score 0 within {MOST_LEVELS:,} levels; it is at {bound:g}")


def settled(
    score: Score,
    dim: int,
    *,
    particles: int,
    most_moves: int,
    replicates: int,
    source: Callable[[int], torch.Generator],
) -> Settled:
    """Estimate ln P(score(x) > 0) with 10 moves per level, with 20, 40 and so on, until it no longer changes.

    Args:
        score: As of `split`.
        dim: Dimension of x.
        particles: Of each run.
        most_moves: Where it ends at the latest; twice the first number or more.
        replicates: Runs with each number of moves, >= 8.
        source: Gives the source of randomness of each run, by its number.

    Returns:
        ln P in nats, and how it was reached.

    Raises:
        UnresolvedError: As of `split`.
    """

    def runs_with(moves: int, first: int) -> list[Splitting]:
        numbers = range(first, first + replicates)
        return [split(score, dim, particles=particles, moves=moves, generator=source(number)) for number in numbers]

    moves, first = FIRST_MOVES, replicates
    before = combined(runs_with(moves, 0))
    while True:
        moves *= 2
        runs = runs_with(moves, first)
        found = combined(runs)
        change = abs(found.value - before.value)
        is_mixed = change <= max(SMALLEST_CHANGE, 2 * math.hypot(found.stderr, before.stderr))
        if is_mixed or 2 * moves > most_moves:
            found = found._replace(stderr=math.hypot(found.stderr, change))
            return Settled(found, float(_logs(runs).std()), runs, moves, is_mixed)
        before, first = found, first + replicates


def _move(
    states: Float64[Tensor, "n dim"],
    scores: Float64[Tensor, " n"],
    score: Score,
    bound: float,
    steps: dict[int, float],
    generator: torch.Generator,
) -> None:
    """Move the particles that stay above the bound, in place, and adapt the step of the number of coordinates moved."""
    size = list(steps)[int(torch.randint(len(steps), (), generator=generator))]
    moved, step = torch.randperm(states.shape[1], generator=generator)[:size], steps[size]
    noise = torch.randn(len(states), size, generator=generator, dtype=states.dtype)
    proposed = states.clone()
    proposed[:, moved] = math.sqrt(1 - step**2) * states[:, moved] + step * noise
    reached = score(proposed)
    accepted = reached > bound
    states[accepted], scores[accepted] = proposed[accepted], reached[accepted]
    adapted = step * math.exp(float(accepted.double().mean()) - WANTED_ACCEPTANCE)
    steps[size] = min(1.0, max(SMALLEST_STEP, adapted))


def _first_steps(dim: int) -> dict[int, float]:
    """Return the numbers of coordinates that moves change, each with its first step."""
    powers = range(1 + int(math.log(dim, SHRINK)))
    return dict.fromkeys([*(dim // SHRINK**power for power in powers), 1], FIRST_STEP)


def _logs(runs: Sequence[Splitting]) -> Float64[Tensor, " runs"]:
    return torch.tensor([run.log_probability for run in runs], dtype=torch.float64)


def combined(replicates: Sequence[Splitting]) -> LogProbability:
    r"""Return ln P of independent runs, with a standard error from their spread.

    With mean M and variance v of n values of ln P, which are nearly normal: M + v/2 and sqrt(v/n + v^2/(2(n - 1))), so
    that the probability and not its logarithm is averaged. Its interval is Student's with n - 1 degrees of freedom.

    Args:
        replicates: At least 8.

    Raises:
        ValueError: If there are fewer.

    Source:
        Zhou and Gao (1997), Confidence intervals for the log-normal mean (Cox's method).
    """
    count = len(replicates)
    if count < FEWEST_REPLICATES:
        raise ValueError(f"{count} runs of splitting are too few for an interval: give at least {FEWEST_REPLICATES}")
    logs = _logs(replicates)
    variance = float(logs.var())
    stderr = math.sqrt(variance / count + variance**2 / (2 * count - 2))
    return LogProbability(float(logs.mean()) + variance / 2, stderr)
