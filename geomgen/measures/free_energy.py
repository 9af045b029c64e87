"""Free energies of a region's change under the prior, and from them its volume wherever in parameter space it is."""

import math
from typing import Any, NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.config.parameter_volume import FREE_ENERGY, ParameterVolumeConfig
from geomgen.errors import UsageError
from geomgen.measures.parameter_volume import keys
from geomgen.measures.ray_directions import curvature_at
from geomgen.measures.region import Region
from geomgen.numerics.chain_mean import ChainMean
from geomgen.numerics.free_energy import FreeEnergy, free_energies, ladder_of, log_mass_below, mean_of_chains
from geomgen.numerics.ladder import Climb, Schedule, Valley, climb, matching_weight
from geomgen.numerics.langevin import LossAndGradient
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.parameter_volume import RESOLVED, FreeEnergyRow, ParameterVolumeRow

FIRST_SHARE = 0.05
"""The smallest weight above 0, times the mean change under the prior: where the change hardly bears on the law."""
NUM_PRIOR_DRAWS, SEARCH_DRAWS = 256, 100
NOT_MIXED = "not mixed"
WHERE = ("state", "behaviour", "gauge", "tolerance", "num_samples", "prior_std")


class Ladder(NamedTuple):
    """What is known at each weight.

    Attributes:
        weights: n beta, ``(R,)``.
        climb: What the chains recorded.
        energies: -ln Z.
        means: Of the change.
    """

    weights: Float64[Tensor, " R"]
    climb: Climb
    energies: list[FreeEnergy]
    means: list[ChainMean]


def rows(
    region: Region, config: ParameterVolumeConfig, progress: OnProgress
) -> tuple[list[ParameterVolumeRow], list[FreeEnergyRow]]:
    """Return a region's mass by its free energy, and the free energies at all weights, for each tolerance.

    Args:
        region: Its change and prior.
        config: Filled: tolerances and chains.
        progress: Called with the number of draws done.

    Raises:
        UsageError: If the change is not finite at a draw of the prior, or chains never come within the tolerance.
    """
    place = valley_of(region, config)
    found = [_of_tolerance(region, place, config, tolerance, progress) for tolerance in config.tolerance]
    return [row for row, _ in found], [rung for _, rungs in found for rung in rungs]


def _of_tolerance(
    region: Region,
    place: tuple[Valley, Float64[Tensor, " D"]],
    config: ParameterVolumeConfig,
    tolerance: float,
    progress: OnProgress,
) -> tuple[ParameterVolumeRow, list[FreeEnergyRow]]:
    valley, state = place
    source = generator(config.seed, f"free-energy/{region.state}/{region.gauge}/{tolerance!r}")
    first = FIRST_SHARE / max(_mean_under_prior(region, valley, source), tolerance)
    schedule = Schedule(config.draws, config.burn_in or 0, config.leapfrog_steps)
    search = Schedule(SEARCH_DRAWS, SEARCH_DRAWS, config.leapfrog_steps)
    at_state = state.expand(config.chains, -1).clone()
    last = matching_weight(valley, at_state, tolerance, search, least=2 * first, source=source)
    ladder, total = ladder_of(first, last, config.rungs), config.draws + (config.burn_in or 0)
    normal = torch.randn(len(ladder), *at_state.shape, generator=source, dtype=state.dtype).to(state)
    starts = valley.drawn(ladder.to(state), state, normal)
    starts[:, ::2] = state
    found = climb(
        valley,
        ladder.to(state),
        starts,
        schedule,
        source=source,
        on_draw=lambda done: progress(done, total, f"{region.state}: draws at {len(ladder)} weights"),
    )
    means = [mean_of_chains(losses) for losses in found.losses]
    known = Ladder(ladder, found, free_energies(ladder, found.losses), means)
    return _volume_row(region, config, tolerance, known), _rung_rows(region, config, tolerance, known)


def valley_of(region: Region, config: ParameterVolumeConfig) -> tuple[Valley, Float64[Tensor, " D"]]:
    """Return the change in coordinates in which the prior is the standard normal law, and the state in these.

    With --preconditioner low-rank they are along the eigenvectors of the curvature at the state.
    """
    unit = region.unit
    axes, curvatures = None, torch.zeros_like(unit)
    if config.preconditioner == "diagonal":
        curvatures = unit.square() * region.diagonal()
    elif config.preconditioner == "low-rank":
        pairs = curvature_at(region, config, region.theta)
        axes = torch.linalg.qr(pairs.vectors, mode="complete")[0]
        curvatures[: len(pairs.values)] = pairs.values
    state = region.theta / unit if axes is None else axes.T @ (region.theta / unit)
    return Valley(_loss_of(region, axes), curvatures), state


def _loss_of(region: Region, axes: Float64[Tensor, "D D"] | None) -> LossAndGradient:
    def of_part(places: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            places = places.detach().requires_grad_()
            losses = region.change((places if axes is None else places @ axes.T) * region.unit)
            (gradients,) = torch.autograd.grad(losses.sum(), places)
        return losses.detach(), gradients

    def loss(places: Tensor) -> tuple[Tensor, Tensor]:
        losses, gradients = zip(*map(of_part, places.split(region.points_per_pass)), strict=True)
        return torch.cat(losses), torch.cat(gradients)

    return loss


def _mean_under_prior(region: Region, valley: Valley, source: torch.Generator) -> float:
    drawn = torch.randn(NUM_PRIOR_DRAWS, len(region.theta), generator=source, dtype=region.theta.dtype)
    mean = float(valley.loss(drawn.to(region.theta))[0].mean())
    if not math.isfinite(mean):
        raise UsageError(
            f"The {region.behaviour} of {region.state} is {mean} at draws of the prior.", "Give a smaller --prior-std."
        )
    return mean


def _volume_row(region: Region, config: ParameterVolumeConfig, tolerance: float, known: Ladder) -> ParameterVolumeRow:
    mass, energy = log_mass_below(known.weights, known.climb.losses, tolerance), known.energies[-1]
    means = [*known.means, mass.mean] if mass else known.means
    is_mixed = mass is not None and all(mean.is_mixed for mean in means)
    return ParameterVolumeRow(
        **keys(region, config, tolerance),
        **_schedule(config),
        method=FREE_ENERGY,
        log_volume_nats=mass.value if mass else -math.inf,
        stderr=math.hypot(mass.mean.stderr, energy.quadrature_error) if mass else math.inf,
        d_log_volume_d_log_tolerance=mass and mass.slope,
        d_log_volume_d_log_tolerance_stderr=mass and mass.slope_stderr,
        is_lower_bound=False,
        verdict=RESOLVED if is_mixed else NOT_MIXED,
        ess=min(mean.ess for mean in means),
        r_hat=max(mean.r_hat for mean in means),
        inverse_temperature=float(known.weights[-1]),
        free_energy_nats=energy.value,
        quadrature_error_nats=energy.quadrature_error,
    )


def _rung_rows(region: Region, config: ParameterVolumeConfig, tolerance: float, known: Ladder) -> list[FreeEnergyRow]:
    where = {name: value for name, value in keys(region, config, tolerance).items() if name in WHERE}
    exchanges = [*known.climb.exchanges.tolist(), None]
    rungs = zip(known.weights.tolist(), known.energies, known.means, exchanges, strict=True)
    return [
        FreeEnergyRow(
            **where,
            **_schedule(config),
            rung=rung,
            inverse_temperature=weight,
            free_energy_nats=energy.value,
            free_energy_stderr_nats=energy.stderr,
            quadrature_error_nats=energy.quadrature_error,
            mean_change=mean.value,
            mean_change_stderr=mean.stderr,
            r_hat=mean.r_hat,
            ess=mean.ess,
            acceptance=float(known.climb.acceptance[rung]),
            exchange_acceptance=exchange,
        )
        for rung, (weight, energy, mean, exchange) in enumerate(rungs)
    ]


def _schedule(config: ParameterVolumeConfig) -> dict[str, Any]:
    return {
        "preconditioner": config.preconditioner,
        "direction_seed": config.seed,
        "num_rungs": config.rungs,
        "num_chains": config.chains,
        "num_draws": config.draws,
        "burn_in": config.burn_in,
        "leapfrog_steps": config.leapfrog_steps,
    }
