"""Training that goes on from a minimum by Langevin dynamics, and without noise, and what it passes on its way."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from geomgen.config.diffusion import DiffusionConfig
from geomgen.data.dataset import Split
from geomgen.models.functional.diagonal import diagonal, gauss_newton_roots, is_piecewise_linear
from geomgen.models.functional.loss import Targets
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import gauss_newton, hessian
from geomgen.numerics.estimate import Estimate
from geomgen.numerics.seeds import generator
from geomgen.numerics.spectrum import random_signs
from geomgen.numerics.statistics import mean
from geomgen.tables.diffusion import DiffusionRow

NOISELESS = math.inf

Gradient = Callable[[Float[Tensor, "K D"]], Float[Tensor, "K D"]]


class Start(NamedTuple):
    """Where chains start, and the loss that they follow.

    Attributes:
        state: Name of the parameters.
        network: The function, with these parameters.
        train: Training images as floats, ``(n, ...)`` float32, and labels.
        test: The same for testing.
        seed: Of all noise.
    """

    state: str
    network: NetworkFunction
    train: Split
    test: Split
    seed: int


class Temperature(NamedTuple):
    """Chains of one n beta.

    Attributes:
        n_beta: Infinite without noise.
        num_chains: Chains.
        source: Of their noise: what other chains there are makes no difference.
    """

    n_beta: float
    num_chains: int
    source: torch.Generator

    def noise(self, time_step: float, like: Float[Tensor, "K D"]) -> Float[Tensor, "k D"]:
        """Return sqrt(2 h / (n beta)) xi for each of its chains."""
        if self.n_beta == NOISELESS:
            return like.new_zeros(self.num_chains, like.shape[1])
        drawn = torch.randn(self.num_chains, like.shape[1], generator=self.source, dtype=like.dtype)
        return drawn.to(like.device).mul_(math.sqrt(2 * time_step / self.n_beta))


def temperatures(config: DiffusionConfig, start: Start) -> list[Temperature]:
    """Return the chains without noise, which is one, and those of each n beta."""
    counts = {NOISELESS: 1} | dict.fromkeys(config.n_beta, config.chains)
    return [
        Temperature(n_beta, count, generator(start.seed, f"diffusion/{start.state}/{n_beta:g}"))
        for n_beta, count in counts.items()
    ]


def follow(
    gradient: Gradient, start: Float[Tensor, " D"], chains: Sequence[Temperature], time_step: float, num_steps: int
) -> Iterator[Float[Tensor, "K D"]]:
    r"""Yield the positions of all chains at the start and after every step.

    w <- w - h grad L(w) + sqrt(2 h / (n beta)) xi: Langevin dynamics dw = -grad L dt + sqrt(2 / (n beta)) dB in time
    steps of h, and gradient descent where n beta is infinite.

    Args:
        gradient: Of the loss, at each position.
        start: Where all chains start.
        chains: How many there are, of which noise.
        time_step: h.
        num_steps: How often.
    """
    positions = start.repeat(sum(one.num_chains for one in chains), 1)
    yield positions
    for _ in range(num_steps):
        noise = torch.cat([one.noise(time_step, positions) for one in chains])
        positions = positions - time_step * gradient(positions) + noise
        yield positions


def hessian_trace(
    network: NetworkFunction,
    theta: Float64[Tensor, " D"],
    inputs: Float64[Tensor, "n ..."],
    targets: Targets,
    probes: Float64[Tensor, "m D"],
) -> Estimate:
    r"""Return the trace of the Hessian of the mean loss.

    That of its Gauss-Newton part is exact. The rest, which is small where the loss is, is estimated as the mean of
    z^T (H - G) z over random signs z; in piecewise linear networks its diagonal is 0.

    Args:
        network: The function.
        theta: Parameters.
        inputs: Of n samples.
        targets: As the loss takes them.
        probes: z.

    Source:
        Hutchinson (1989) for the estimate.
    """
    sample = theta, inputs, targets
    exact = float(diagonal(network, *sample, gauss_newton_roots).sum())
    if is_piecewise_linear(network):
        return Estimate(exact, 0.0, math.inf, 1)
    rest = hessian(network, *sample)(probes) - gauss_newton(network, *sample)(probes)
    found = mean((probes * rest).sum(1).tolist())
    return Estimate(exact + found.value, found.stderr, found.freedom, found.count)


def rows(config: DiffusionConfig, start: Start, on_step: Callable[[int], None]) -> list[DiffusionRow]:
    """Return the rows of all chains from one start.

    Args:
        config: The dynamics.
        start: Where they start.
        on_step: Called with the number of steps done, after each.
    """
    network, train = start.network, start.train
    chains, origin = temperatures(config, start), network.parameters()

    def gradient(positions: Tensor) -> Tensor:
        return network.gradient(positions, train.images, train.labels)

    found = []
    for step, positions in enumerate(follow(gradient, origin, chains, config.time_step, config.steps)):
        if step % config.interval == 0:
            found += _recorded(config, start, chains, step, positions)
        on_step(step)
    return found


def _recorded(
    config: DiffusionConfig, start: Start, chains: Sequence[Temperature], step: int, positions: Float[Tensor, "K D"]
) -> list[DiffusionRow]:
    """Return the rows of one step."""
    places = [(one.n_beta, chain) for one in chains for chain in range(one.num_chains)]
    train, test = (_evaluated(start.network, positions, split) for split in (start.train, start.test))
    distances = torch.linalg.vector_norm(positions - start.network.parameters(), dim=1).tolist()
    return [
        DiffusionRow(
            state=start.state,
            n_beta=n_beta,
            time_step=config.time_step,
            num_steps=config.steps,
            num_chains=config.chains,
            interval=config.interval,
            num_probes=config.probes,
            chain=chain,
            step=step,
            num_samples=len(start.train),
            train_loss=train[index][0],
            test_loss=test[index][0],
            train_accuracy=train[index][1],
            test_accuracy=test[index][1],
            **_trace(config, start, positions[index], finite=math.isfinite(train[index][0])),
            distance=distances[index],
            diverged=not math.isfinite(train[index][0]),
        )
        for index, (n_beta, chain) in enumerate(places)
    ]


def _evaluated(network: NetworkFunction, positions: Float[Tensor, "K D"], split: Split) -> list[tuple[float, float]]:
    """Return loss and accuracy of each chain."""
    logits = network.logits(positions, split.images)
    losses = [float(network.loss_function(one, split.labels, "mean")) for one in logits]
    accuracies = (logits.argmax(-1) == split.labels).float().mean(1).tolist()
    return list(zip(losses, accuracies, strict=True))


def _trace(
    config: DiffusionConfig, start: Start, position: Float[Tensor, " D"], *, finite: bool
) -> dict[str, float | None]:
    """Return the trace with its error, by the same probes at every step."""
    if not finite:
        return {"hessian_trace": None, "hessian_trace_stderr": None}
    probes = random_signs(config.probes, len(position), generator(start.seed, "diffusion-probes"))
    images, labels = start.train.images.double(), start.train.labels
    found = hessian_trace(start.network, position.double(), images, labels, probes.to(position.device))
    return {"hessian_trace": found.value, "hessian_trace_stderr": found.stderr}
