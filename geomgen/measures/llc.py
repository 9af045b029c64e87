"""The local learning coefficient from chains that run around a minimum."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from geomgen.config.llc import LlcConfig, known
from geomgen.errors import UsageError
from geomgen.measures.dense_hessian import dense_hessian
from geomgen.measures.llc_second_order import second_order
from geomgen.measures.minibatches import Minibatches
from geomgen.measures.potential_file import potential_of
from geomgen.measures.potentials import Potential
from geomgen.models.functional.loss import Targets
from geomgen.models.functional.mlp_gradient import many_gradients
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import hessian
from geomgen.numerics.chain_mean import ChainMean, chain_mean
from geomgen.numerics.lanczos import lanczos, ritz
from geomgen.numerics.langevin import Chains, Localised, LossAndGradient, Sampler, run_chains
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.learning import LlcRow, LlcTraceRow
from geomgen.theory.learning import occupancy_ratio

STABLE = 0.2
"""SGLD's default step times the largest curvature of the energy; its bias there is a twentieth."""
UNTUNED = 1e-3
CURVATURE_IMAGES, CURVATURE_STEPS = 2000, 20
"""Images and Lanczos steps from which the largest curvature is found; it only sets the step."""
MOST_DESCENT = 0.5
"""What one regular direction contributes to lambda."""
CONVERGED = "converged"


class Neighbourhood(NamedTuple):
    """Where chains run, and what is known of the place.

    Attributes:
        state: Its name.
        target: The energy.
        reference_loss: L(w*).
        gradient_norm: |grad L(w*)|.
        largest_curvature: lambda_max of the loss at w*, for SGLD's default step.
        curvatures: All eigenvalues of the loss's Hessian at w*; None if they are unknown.
        num_samples: n; None for a potential.
        minibatch_size: Images per gradient; None for a potential.
        potential: What is known about a potential; None for a network.
    """

    state: str
    target: Localised
    reference_loss: float
    gradient_norm: float
    largest_curvature: float
    curvatures: Float64[Tensor, " D"] | None = None
    num_samples: int | None = None
    minibatch_size: int | None = None
    potential: Potential | None = None

    @property
    def n_beta(self) -> float:
        """The weight of the loss, of all chains."""
        return float(self.target.n_beta)

    @property
    def stiffness(self) -> float:
        """Largest curvature of the energy, n beta lambda_max + gamma."""
        return self.n_beta * max(self.largest_curvature, 0.0) + self.target.localization

    @property
    def energy_descent(self) -> float:
        """By how much the energy falls at least from w*, to second order: 0 at a minimum."""
        slope = self.n_beta * self.gradient_norm
        if not slope:
            return 0.0
        return slope**2 / (2 * self.stiffness) if self.stiffness else math.inf


def of_potential(config: LlcConfig) -> Neighbourhood:
    """Return the neighbourhood of the minimum of a potential; the config is filled."""
    potential = potential_of(config)
    target = Localised(
        potential.loss_and_gradient,
        known(config.n_beta),
        known(config.localization),
        potential.centre,
        half_width=potential.half_width,
    )
    losses, gradients = potential.loss_and_gradient(potential.centre[None])
    curvatures = potential.curvatures()
    return Neighbourhood(
        state=config.potential_name,
        target=target,
        reference_loss=float(losses),
        gradient_norm=float(gradients.norm()),
        largest_curvature=float(curvatures[-1]),
        curvatures=curvatures,
        potential=potential,
    )


def of_network(
    config: LlcConfig, state: str, network: NetworkFunction, inputs: Float[Tensor, "n ..."], targets: Targets
) -> Neighbourhood:
    """Return the neighbourhood of a network's parameters; chains run in float32, the reference loss is float64's.

    Args:
        config: Filled, with n beta.
        state: Name of the parameters.
        network: The function, with these parameters.
        inputs: All n images, float32.
        targets: As the loss takes them.

    Raises:
        UsageError: If the loss is not finite.
    """
    reference, slope = loss_and_slope(network, inputs, targets)
    if not math.isfinite(reference):
        raise UsageError(f"{state}: the loss is {reference}.", "Measure a state whose loss is finite.")
    is_exact = config.sampler != "sgld"
    loss = _whole(network, inputs, targets) if is_exact else _by_minibatch(config, state, network, inputs, targets)
    return Neighbourhood(
        state=state,
        target=Localised(loss, known(config.n_beta), known(config.localization), network.parameters()),
        reference_loss=reference,
        gradient_norm=slope,
        largest_curvature=_largest_curvature(config, network, inputs, targets),
        curvatures=_curvatures(config, network, inputs, targets),
        num_samples=len(inputs),
        minibatch_size=len(inputs) if is_exact else min(config.minibatch_size, len(inputs)),
    )


def loss_and_slope(network: NetworkFunction, inputs: Float[Tensor, "n ..."], targets: Targets) -> tuple[float, float]:
    """Return the mean loss of all samples at a network's own parameters and its gradient's norm, in float64."""
    theta = network.parameters().double()
    gradient, sums = torch.zeros_like(theta), list[float]()
    for chunk, wanted in network.chunks(inputs, targets):
        slope, loss = network.gradient_and_loss(theta, chunk.double(), wanted)
        gradient += len(chunk) * slope
        sums.append(len(chunk) * float(loss))
    return math.fsum(sums) / len(inputs), float(gradient.norm()) / len(inputs)


def _whole(network: NetworkFunction, inputs: Tensor, targets: Tensor) -> LossAndGradient:
    gradient_and_loss = many_gradients(network)

    def loss(points: Tensor) -> tuple[Tensor, Tensor]:
        gradients, losses = gradient_and_loss(points, inputs, targets)
        return losses, gradients

    return loss


def _by_minibatch(
    config: LlcConfig, state: str, network: NetworkFunction, inputs: Tensor, targets: Tensor
) -> LossAndGradient:
    """Return losses of minibatches, each less what its loss is above that of all samples at w*.

    Without that the noise of the minibatches would drown the chains' own, and, as they share out the samples, cancel
    over each pass, so that no standard error from correlated draws would fit.
    """
    source = generator(config.seed, f"llc-batches/{state}")
    at_centre = network.losses(network.parameters(), inputs, targets)
    of_samples = (inputs, targets, at_centre - at_centre.mean())
    batches = Minibatches(of_samples, config.chains, min(config.minibatch_size, len(inputs)), source)
    gradient_and_loss = many_gradients(network)

    def loss(points: Tensor) -> tuple[Tensor, Tensor]:
        images, wanted, above = batches.draw()
        gradients, losses = gradient_and_loss(points, images, wanted, paired=True)
        return losses - above.mean(1), gradients

    return loss


def _largest_curvature(config: LlcConfig, network: NetworkFunction, inputs: Tensor, targets: Tensor) -> float:
    seen, theta = inputs[:CURVATURE_IMAGES].double(), network.parameters().double()
    product = hessian(network, theta, seen, targets[: len(seen)])
    start = torch.randn(1, len(theta), generator=generator(config.seed, "llc-curvature"), dtype=theta.dtype)
    return float(ritz(lanczos(product, start.to(theta.device), CURVATURE_STEPS)[0]).values[-1])


def _curvatures(config: LlcConfig, network: NetworkFunction, inputs: Tensor, targets: Tensor) -> Tensor | None:
    theta = network.parameters().double()
    if len(theta) > config.dense_limit:
        return None
    values: Tensor = torch.linalg.eigvalsh(dense_hessian(network, theta, inputs.double(), targets))
    return values.cpu()


def coefficient(config: LlcConfig, place: Neighbourhood, progress: OnProgress) -> tuple[LlcRow, list[LlcTraceRow]]:
    r"""Measure lambda = n beta (E[L] - L(w*)).

    SGLD's bias is proportional to its step e, to first order: with halved steps too, lambda is
    2 lambda(e/2) - lambda(e).

    Args:
        config: Filled.
        place: Where.
        progress: Called with the number of draws done.

    Returns:
        The row, and losses of the chains with the step itself.

    Raises:
        UsageError: If there is no default for the step: the largest curvature is 0.

    Source:
        Lau et al. (2023), The Local Learning Coefficient; the extrapolation is Richardson's.
    """
    sampler = Sampler(known(config.sampler), _step(config, place), config.leapfrog_steps)
    halves = config.sampler == "sgld" and config.halve_step
    total = (config.draws + known(config.burn_in)) * (3 if halves else 1)
    chains = _run(config, place, sampler, 1, lambda done: progress(done, total, f"{place.state}: draws"))
    full = _of_losses(place, chains)
    if not halves:
        return _row(config, place, chains, full, None), _trace(config, place, chains)
    half = Sampler(known(config.sampler), sampler.step / 2)
    done_before = total // 3
    again = _run(config, place, half, 2, lambda done: progress(done_before + done, total, f"{place.state}: half steps"))
    return _row(config, place, chains, full, _of_losses(place, again)), _trace(config, place, chains)


def _step(config: LlcConfig, place: Neighbourhood) -> float:
    if config.chain_step is not None:
        return config.chain_step
    if place.stiffness > 0:
        return STABLE / place.stiffness
    if config.sampler == "sgld":
        raise UsageError(
            f"{place.state}: the Hessian is 0 and --localization too, so that sgld has no default step.",
            "Give --step, or choose --sampler hmc, which tunes its own.",
        )
    return UNTUNED


def _run(
    config: LlcConfig, place: Neighbourhood, sampler: Sampler, times: int, on_draw: Callable[[int], None]
) -> Chains:
    """Run the chains, for some times as many draws as the config says."""
    potential = place.potential
    return run_chains(
        place.target,
        sampler,
        _starts(place, config.chains),
        num_draws=times * config.draws,
        burn_in=times * known(config.burn_in),
        source=generator(config.seed, f"llc/{place.state}", times),
        tune=config.chain_step is None and config.sampler != "sgld",
        observe=potential.occupied if potential else None,
        on_draw=on_draw,
    )


def _starts(place: Neighbourhood, num_chains: int) -> Float[Tensor, "K D"]:
    starts = place.potential.starts if place.potential else None
    starts = place.target.centre[None] if starts is None else starts
    return starts[torch.arange(num_chains) % len(starts)].clone()


def _of_losses(place: Neighbourhood, chains: Chains) -> ChainMean | None:
    """Return lambda of some chains; None if all diverged."""
    return chain_mean(place.n_beta * (chains.losses - place.reference_loss))


def _row(
    config: LlcConfig, place: Neighbourhood, chains: Chains, full: ChainMean | None, half: ChainMean | None
) -> LlcRow:
    final = full.extrapolated(half) if full and half else full
    bias = full.value - final.value if full and final and half else None
    occupied = chain_mean(chains.observed) if chains.observed.numel() else None
    num_diverged = config.chains - (full.num_chains if full else 0)
    verdict = _verdict(place, final, occupied, num_diverged)
    is_minimum = place.energy_descent <= MOST_DESCENT and occupied is None
    return LlcRow(
        **_keys(config, place, chains),
        dense_limit=None if place.potential else config.dense_limit,
        llc=final and final.value,
        stderr=final and final.stderr,
        llc_theory=place.potential.theory if place.potential else None,
        llc_at_step=full and full.value,
        step_bias=bias,
        reference_loss=place.reference_loss,
        gradient_norm=place.gradient_norm,
        energy_descent=place.energy_descent,
        mean_loss=full and place.reference_loss + full.value / place.n_beta,
        num_parameters=len(place.target.centre),
        num_diverged=num_diverged,
        acceptance=None if config.sampler == "sgld" else float(chains.acceptance.mean()),
        r_hat=final and final.r_hat,
        ess=final and final.ess,
        **second_order(place.curvatures, place.n_beta, place.target.localization, final, is_minimum=is_minimum),
        **_occupancy(config, occupied),
        converged=verdict == CONVERGED,
        verdict=verdict,
    )


def _keys(config: LlcConfig, place: Neighbourhood, chains: Chains) -> dict[str, Any]:
    return {
        "state": place.state,
        "sampler": config.sampler,
        "n_beta": place.n_beta,
        "localization": place.target.localization,
        "num_samples": place.num_samples,
        "minibatch_size": place.minibatch_size,
        "step_size": chains.step,
        "halve_step": config.halve_step if config.sampler == "sgld" else None,
        "leapfrog_steps": config.leapfrog_steps if config.sampler == "hmc" else None,
        "num_chains": config.chains,
        "num_draws": config.draws,
        "burn_in": config.burn_in,
        "chain_seed": config.seed,
        "requested_chain_step": config.chain_step,
    }


def _verdict(place: Neighbourhood, found: ChainMean | None, occupied: ChainMean | None, num_diverged: int) -> str:
    if found is None or num_diverged:
        return "some diverged" if found else "diverged"
    if place.energy_descent > MOST_DESCENT:
        return "not at a minimum"
    if not all(mean.is_mixed for mean in (found, occupied) if mean):
        return "not mixed"
    if found.value < -2 * found.stderr:
        return "negative"
    if found.value - 2 * found.stderr > len(place.target.centre) / 2:
        return "not at a minimum"
    return CONVERGED


def _occupancy(config: LlcConfig, found: ChainMean | None) -> dict[str, Any]:
    """Return the ratio of the times in two basins, its standard error by the delta method, and its exact value."""
    if found is None:
        return dict.fromkeys(("occupancy_ratio", "occupancy_ratio_stderr", "occupancy_ratio_theory"))
    rest = 1 - found.value
    return {
        "occupancy_ratio": found.value / rest if rest > 0 else math.inf,
        "occupancy_ratio_stderr": found.stderr / rest**2 if rest > 0 else math.inf,
        "occupancy_ratio_theory": occupancy_ratio(
            config.curvatures, config.other_curvatures, known(config.n_beta), config.depth_difference
        ),
    }


def _trace(config: LlcConfig, place: Neighbourhood, chains: Chains) -> list[LlcTraceRow]:
    keys, every = _keys(config, place, chains), config.trace_every
    return [
        LlcTraceRow(**keys, chain=chain, draw=every * index, chain_loss=loss)
        for chain, losses in enumerate(chains.losses[:, ::every].tolist())
        for index, loss in enumerate(losses)
    ]
