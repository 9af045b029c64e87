"""The prior mass of zero error: the probability that a network drawn from the initialisation fits known values."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32, Float64
from numpy.typing import NDArray
from torch import Tensor

from geomgen.config.architecture import NORMAL
from geomgen.config.prior_mass import INFINITE_WIDTH, RAO_BLACKWELL, SAMPLING, SPLITTING, PriorMassConfig
from geomgen.errors import UsageError
from geomgen.measures.functions import AHEAD, Drawing, in_order
from geomgen.models.random_networks import RandomNetworks
from geomgen.models.scalar_networks import ScalarNetworks
from geomgen.numerics.estimate import Estimate, share
from geomgen.numerics.expectation_propagation import log_orthant_by_propagation
from geomgen.numerics.log_mean import log_mean_exp
from geomgen.numerics.orthant import LARGEST, REPLICATES, LogProbability, UnresolvedError, log_orthant
from geomgen.numerics.seeds import generator, numpy_generator
from geomgen.numerics.splitting import settled
from geomgen.numerics.workers import workers
from geomgen.progress import OnProgress
from geomgen.tables.prior_mass import PriorMassRow
from geomgen.theory.network_kernel import relu_network_kernel

RESOLVED = "resolved"
LARGEST_K, FEWEST_TERMS = 0.7, 10
LARGEST_SPREAD, MOST_CORRECTED = 1.0, 3.0
"""Nats by which replicates may differ so that their mean is resolved, and so that it is a number at all."""
LARGEST_LIMIT_STDERR = 0.3
"""Of ln P(S) of infinite width, in nats; above it one replicate decides."""
ALLOWED_NATS, ALLOWED_STDERRS = 0.05, 3
BLOCK_NUMBERS, POINTS_PER_KERNEL = 2**22, 64


class Known(NamedTuple):
    """What is to be fitted.

    Attributes:
        inputs: ``(m, n)``.
        values: At each, whether the output is to be above 0, ``(m,)``.
    """

    inputs: Float32[Tensor, "m n"]
    values: Bool[Tensor, " m"]


def require_possible(known: Known, config: PriorMassConfig) -> None:
    """Refuse a value of 1 at an input of zeros where there are no biases: the output there is 0, which counts as 0.

    Args:
        known: What is to be fitted.
        config: Options; resolved.

    Raises:
        UsageError: If there is one.
    """
    has_biases = config.bias and (config.init.startswith(("default", "scaled")) or config.sigma_b)
    if has_biases or not bool((known.values & ~known.inputs.any(1)).any()):
        return
    remedy = "Give --sigma-b above 0" if config.init == NORMAL and config.bias else f"Choose --init {NORMAL}, --sigma-b"
    raise UsageError(
        f"No network fits: --target {config.target} is 1 at the input of zeros, where the output without biases is 0.",
        f"{remedy}, another --seed or another --target.",
    )


def rows(known: Known, config: PriorMassConfig, progress: OnProgress) -> list[PriorMassRow]:
    """Return ln P(S) by each route, and whether those to the same number agree.

    Args:
        known: What is to be fitted.
        config: Routes and what they draw; resolved.
        progress: Called now and then.
    """
    return compared([ESTIMATES[route](known, config, progress) for route in config.route or ()])


def compared(found: Sequence[PriorMassRow]) -> list[PriorMassRow]:
    """Return rows with their differences from the most precise other route to the same number."""
    finite = [row for row in found if row.route != INFINITE_WIDTH and row.stderr is not None]
    others = {row.route: [other for other in finite if other is not row] for row in finite}
    return [_beside(row, others.get(row.route, [])) for row in found]


def _beside(row: PriorMassRow, others: Sequence[PriorMassRow]) -> PriorMassRow:
    if not others:
        return row
    values = [(other.stderr or 0.0, other.log_mass_nats or 0.0) for other in others]
    stderr, value = min(values)
    difference = (row.log_mass_nats or 0.0) - value
    allowed = max(ALLOWED_NATS, ALLOWED_STDERRS * math.hypot(stderr, row.stderr or 0.0))
    return replace(row, difference_nats=difference, allowed_nats=allowed, agrees=abs(difference) <= allowed)


def _row(config: PriorMassConfig, route: str, draws: int, verdict: str, **values: Any) -> PriorMassRow:
    known: dict[str, Any] = {**dict.fromkeys(PriorMassRow.__dataclass_fields__), **values}
    width = config.sizes[-1] if config.sizes and route != INFINITE_WIDTH else None
    return PriorMassRow(**known | {"route": route, "last_width": width, "num_draws": draws, "verdict": verdict})


def interval_columns(found: LogProbability, draws: int) -> dict[str, float | None]:
    """Return ln P with its interval by the t law, if it has one, by the names of their columns.

    Args:
        found: ln P.
        draws: How many independent numbers its standard error is from.
    """
    if not math.isfinite(found.stderr):
        return {"log_mass_nats": found.value}
    low, high = Estimate(found.value, found.stderr, draws - 1, draws).interval()
    return {
        "log_mass_nats": found.value,
        "stderr": found.stderr,
        "log_mass_nats_low": low,
        "log_mass_nats_high": min(high, 0.0),
    }


def _reasons(**found: bool) -> str:
    """Return the reasons that hold, in words."""
    return ", ".join(name.replace("_", " ") for name, holds in found.items() if holds) or RESOLVED


def _by_sampling(known: Known, config: PriorMassConfig, progress: OnProgress) -> PriorMassRow:
    drawing = Drawing(RandomNetworks(known.inputs, config), config.draws, config.seed)
    wanted, ahead, hits = known.values.numpy(), AHEAD * (config.threads or 1), 0

    def hits_from(start: int) -> int:
        return int((drawing.functions(start) == wanted).all(1).sum())

    with workers(config.threads) as pool:
        found = in_order(pool, hits_from, drawing.starts, ahead)
        for start, count in zip(drawing.starts, found, strict=True):
            hits += count
            progress(start, config.draws, f"networks drawn, {hits} of them fit")
    mass = share(hits, config.draws)
    values = {"log_mass_nats_high": math.log(mass.high), "num_hits": hits}
    if hits:
        stderr = math.sqrt((1 - mass.value) / hits)
        values |= {"log_mass_nats": math.log(mass.value), "log_mass_nats_low": math.log(mass.low), "stderr": stderr}
    return _row(config, SAMPLING, config.draws, _reasons(no_hits=not hits), **values)


def _by_kernels(known: Known, config: PriorMassConfig, progress: OnProgress) -> PriorMassRow:
    """Average the mass given the hidden layers over these: that of an orthant, since the last layer is Gaussian."""
    logs = list[float]()
    try:
        for index, kernel in enumerate(kernels_of(known, config)):
            progress(index, config.kernels, "hidden layers drawn")
            source = numpy_generator(config.seed, "kernel-orthants", index)
            logs.append(_log_fit(kernel, known, source, replicates=1, points=POINTS_PER_KERNEL).value)
    except UnresolvedError as error:
        return _row(config, RAO_BLACKWELL, config.kernels, f"hidden layers {len(logs)}: {error}; use splitting")
    mean = log_mean_exp(torch.tensor(logs, dtype=torch.float64))
    is_empty = mean.value == -math.inf
    verdict = _reasons(
        no_hits=is_empty,
        heavy_tail=mean.pareto_k is not None and mean.pareto_k > LARGEST_K,
        few_draws=mean.ess < FEWEST_TERMS and not is_empty,
        expectation_propagation=len(known.values) > LARGEST,
    )
    if verdict != RESOLVED and _rank_of_last_layer(known, config) < len(known.values):
        verdict += " (each kernel has a rank below the number of known values: use splitting)"
    if is_empty:
        return _row(config, RAO_BLACKWELL, config.kernels, verdict)
    values = interval_columns(LogProbability(mean.value, mean.stderr), config.kernels)
    return _row(config, RAO_BLACKWELL, config.kernels, verdict, **values, ess=mean.ess, pareto_k=mean.pareto_k)


def kernels_of(known: Known, config: PriorMassConfig) -> Iterator[NDArray[np.float64]]:
    """Yield the covariance of the outputs given the hidden layers, ``(m, m)``, of one draw of these after the other.

    Args:
        known: Where the outputs are.
        config: Networks, and the number of draws; resolved.
    """
    networks = _networks(known, config)
    dim, (sigma_w, sigma_b) = len(networks.std), config.sigmas
    block = max(1, BLOCK_NUMBERS // (dim + sum(config.sizes) * len(known.inputs)))
    for start in range(0, config.kernels, block):
        source = generator(config.seed, "hidden-layers", start)
        points = torch.randn(min(block, config.kernels - start), dim, generator=source, dtype=torch.float64)
        units = networks.last_hidden(points, networks.inputs)
        yield from (sigma_b**2 + sigma_w**2 / units.shape[1] * units.mT @ units).numpy()


def _rank_of_last_layer(known: Known, config: PriorMassConfig) -> int:
    """Return the largest rank that the kernel of a draw of the hidden layers can have."""
    units = config.sizes[-1] if config.sizes else known.inputs.shape[1]
    return units + bool(config.sigmas[1])


def _networks(known: Known, config: PriorMassConfig) -> ScalarNetworks:
    return ScalarNetworks(known.inputs.double(), config.sizes, config.activation, *config.sigmas)


def _log_fit(kernel: NDArray[np.float64], known: Known, source: np.random.Generator, **effort: int) -> LogProbability:
    """Return ln of the probability that Gaussian outputs fit; those without variance are 0, which counts as 0."""
    values, varies = known.values.numpy(), np.diag(kernel) > 0
    if values[~varies].any():
        return LogProbability(-math.inf, 0.0)
    if not varies.any():
        return LogProbability(0.0, 0.0)
    covariance, signs = kernel[np.ix_(varies, varies)], values[varies]
    if len(values) > LARGEST:
        return LogProbability(log_orthant_by_propagation(covariance, signs), math.nan)
    return log_orthant(covariance, signs, source, **effort)


def _by_limit(known: Known, config: PriorMassConfig, progress: OnProgress) -> PriorMassRow:
    progress(0, 1, "infinite width")
    kernel = relu_network_kernel(known.inputs.double().numpy(), len(config.sizes), *config.sigmas)
    source = numpy_generator(config.seed, "limit-orthant")
    try:
        found = _log_fit(kernel, known, source)
    except UnresolvedError as error:
        return _row(config, INFINITE_WIDTH, 1, str(error))
    if found.value == -math.inf and found.stderr:
        return _row(config, INFINITE_WIDTH, 1, "no hits")
    verdict = _reasons(
        expectation_propagation=len(known.values) > LARGEST, few_points=found.stderr > LARGEST_LIMIT_STDERR
    )
    return _row(config, INFINITE_WIDTH, 1, verdict, **interval_columns(found, REPLICATES))


def _by_splitting(known: Known, config: PriorMassConfig, progress: OnProgress) -> PriorMassRow:
    networks = _networks(known, config)

    def score(points: Float64[Tensor, "n dim"]) -> Float64[Tensor, " n"]:
        return nearness(networks.outputs(points, networks.inputs), known.values)

    def source(number: int) -> torch.Generator:
        progress(number % config.replicates, config.replicates, "runs of splitting")
        return generator(config.seed, "splitting", number)

    try:
        found = settled(
            score,
            len(networks.std),
            particles=config.particles,
            most_moves=config.most_moves,
            replicates=config.replicates,
            source=source,
        )
    except UnresolvedError as error:
        return _row(config, SPLITTING, config.replicates, str(error))
    return _row(
        config,
        SPLITTING,
        config.replicates,
        _reasons(not_mixed=not found.is_mixed, few_particles=found.spread > LARGEST_SPREAD),
        **(interval_columns(found.found, config.replicates) if found.spread < MOST_CORRECTED else {}),
        num_levels=max(run.levels for run in found.runs),
        num_moves=found.moves,
        num_ancestors=min(run.ancestors for run in found.runs),
    )


def nearness(outputs: Float64[Tensor, "K m"], values: Bool[Tensor, " m"]) -> Float64[Tensor, " K"]:
    """Return 1 for each network that fits, and minus the distance of all others, which is scale-free.

    The distance is that of the outputs from the orthant of outputs that fit, over their length: 1 where all are wrong,
    and of outputs that are all 0. So no single output decides, as the least margin would, and particles move further.
    """
    fits = ((outputs > 0) == values).all(1)
    wrong, length = torch.where(values, -outputs, outputs).clamp(min=0).norm(dim=1), outputs.norm(dim=1)
    return torch.where(fits, 1.0, -torch.where(length > 0, wrong / length, 1.0))


ESTIMATES: Mapping[str, Callable[[Known, PriorMassConfig, OnProgress], PriorMassRow]] = {
    SAMPLING: _by_sampling,
    RAO_BLACKWELL: _by_kernels,
    INFINITE_WIDTH: _by_limit,
    SPLITTING: _by_splitting,
}
