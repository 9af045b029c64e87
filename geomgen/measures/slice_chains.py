"""Chains that sample networks which fit known values, started from draws of the prior."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64
from numpy.typing import NDArray
from torch import Tensor

from geomgen.data.targets import Target
from geomgen.errors import UsageError
from geomgen.measures.prior_mass import nearness
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.chain_mean import LEAST_ESS, chain_mean
from geomgen.numerics.elliptical_slice import cone_steps, elliptical_step
from geomgen.numerics.orthant import SMALLEST_PIVOT
from geomgen.numerics.packed_bits import Bits
from geomgen.progress import OnProgress

APPROACH, LEAST_APPROACH = 50, 0.01
"""Steps in which a chain that does not fit yet has to come nearer to fitting by so much of its distance."""
TURNS_PER_VALUE = 3
"""Moves of the last layer alone per step and known value: as many as make its draws nearly independent."""
STEPS_PER_DRAW = (2, 10, 50)
"""Of chains; more if they do not agree after fewer."""
R_HAT_STDERR = 0.01 / 3
"""Of independent draws."""

Inside = Callable[[Float64[Tensor, "some dim"], Int64[Tensor, " some"]], Bool[Tensor, " some"]]


class SliceChains:
    """Chains of elliptical slice sampling, from draws of the prior to networks that fit.

    Until a chain fits, it samples the networks whose outputs are no further from fitting than its own. From then on a
    step moves the hidden layers given the outputs at the known inputs, which the last layer is then drawn to give (or
    all parameters, where the last hidden layer has too few units for that); then each hidden layer given all else; then
    the last layer, given the hidden ones, many times.

    Args:
        networks: How networks are drawn, with --init normal.
        target: The values to fit.
        count: Number of chains.
        source: Source of randomness.

    Raises:
        UsageError: If a chain does not come to fit.

    Source:
        Murray and Adams (2010), Slice sampling covariance hyperparameters, for moves given the outputs.
    """

    def __init__(self, networks: RandomNetworks, target: Target, count: int, source: torch.Generator) -> None:
        self._shape, self._scale, self._source = networks.shape, networks.standard_deviations().double(), source
        self._inputs, self._known = target.inputs.T.double(), target.inputs[target.known].T.double()
        self._values = target.values[target.known]
        *self._hidden, self._last = networks.shape.layer_parts
        self._has_output = self._known.any(0) | bool(self._scale[self._last][networks.layers[-2] :].any())
        self._states = torch.randn(count, len(self._scale), generator=source, dtype=torch.float64)
        self._limits = self._nearness(self._states)
        self._approach()

    def _approach(self) -> None:
        steps = 0
        while bool((far := self._limits <= 0).any()):
            before = self._limits[far]
            for _ in range(APPROACH):
                for part in (slice(0, None), *self._hidden):
                    self._move(part, self._inside)
                self._limits = self._nearness(self._states)
                if bool((self._limits > 0).all()):
                    return
            steps += APPROACH
            if bool((self._limits[far] < (1 - LEAST_APPROACH) * before).all()):
                raise self._stuck(steps)

    def _stuck(self, steps: int) -> UsageError:
        return UsageError(
            f"{int((self._limits <= 0).sum())} of {len(self._limits)} chains found no network that fits the "
            f"{len(self._values)} known values in {steps:,} steps, and come no nearer.",
            "Give fewer --train-size, another --target, a wider --hidden, or --sigma-b above 0.",
        )

    def step(self) -> None:
        """Move each chain: all of its parameters at least once."""
        if self._hidden and int(self._has_output.sum()) <= int(self._scale[self._last].count_nonzero()):
            self._move_given_outputs()
        else:
            self._move(slice(0, None), self._inside)
        for part in self._hidden:
            self._move(part, self._inside)
        self._turn_last()

    def parameters(self) -> Float[Tensor, "chains parameters"]:
        """Return those of each chain's network."""
        return (self._states * self._scale).float()

    def functions(self) -> Bits:
        """Return the function of each chain's network."""
        return np.asarray(self._shape.outputs(self._states * self._scale, self._inputs).gt(0).numpy())

    def _move(self, part: slice, inside: Inside) -> None:
        """Move some parameters given all others."""

        def with_others(proposed: Float64[Tensor, "some size"], chains: Int64[Tensor, " some"]) -> Tensor:
            states = self._states[chains]
            states[:, part] = proposed
            return inside(states, chains)

        moved = self._states.clone()
        moved[:, part] = elliptical_step(self._states[:, part], with_others, self._source)
        self._states = moved

    def _move_given_outputs(self) -> None:
        """Move the hidden layers given the outputs at the known inputs, and then draw the last layer given both."""
        before, features = self._states, self._features(self._states)[..., self._has_output]
        outputs = torch.einsum("cd,cdk->ck", before[:, self._last], features)
        densities = _log_densities(outputs, features)
        chances = torch.rand(len(before), generator=self._source, dtype=torch.float64)
        cut = densities + chances.log()

        def is_dense(states: Float64[Tensor, "some dim"], chains: Int64[Tensor, " some"]) -> Bool[Tensor, " some"]:
            return _log_densities(outputs[chains], self._features(states)[..., self._has_output]) > cut[chains]

        self._move(slice(0, self._last.start), is_dense)
        features = self._features(self._states)[..., self._has_output]
        self._states[:, self._last] = self._giving(outputs, features)
        self._keep(before, densities > -math.inf)

    def _giving(
        self, outputs: Float64[Tensor, "chains k"], features: Float64[Tensor, "chains last k"]
    ) -> Float64[Tensor, "chains last"]:
        """Return last layers of the prior given the outputs; not finite where the features are not of full rank."""
        last = torch.randn(features.shape[:2], generator=self._source, dtype=torch.float64)
        missing = outputs - torch.einsum("cd,cdk->ck", last, features)
        weights, _ = torch.linalg.solve_ex(features.mT @ features, missing.unsqueeze(2))
        drawn: Tensor = last + (features @ weights).squeeze(2)
        return drawn

    def _turn_last(self) -> None:
        """Move the last layer, for which the networks that fit are a cone, given the hidden ones."""
        before = self._states
        normals = self._features(before) * torch.where(self._values, 1.0, -1.0)
        turns = TURNS_PER_VALUE * len(self._values)
        self._states = before.clone()
        self._states[:, self._last] = cone_steps(before[:, self._last], normals, turns, self._source)
        self._keep(before)

    def _keep(self, before: Float64[Tensor, "chains dim"], allowed: Bool[Tensor, " chains"] | None = None) -> None:
        """Take back moves that are not allowed, or that rounding has brought out of the set."""
        good = self._nearness(self._states) > 0
        good = good if allowed is None else good & allowed
        self._states = torch.where(good.unsqueeze(1), self._states, before)

    def _features(self, states: Float64[Tensor, "some dim"]) -> Float64[Tensor, "some last known"]:
        """Return what the last layer, in standard deviations of the prior, is multiplied with to give the outputs."""
        units = self._shape.last_units(states * self._scale, self._known)
        scale = self._scale[self._last]
        ones = torch.ones(len(states), len(scale) - units.shape[1], units.shape[2], dtype=units.dtype)
        return torch.cat([units, ones], 1) * scale.unsqueeze(1)

    def _inside(self, states: Float64[Tensor, "some dim"], chains: Int64[Tensor, " some"]) -> Bool[Tensor, " some"]:
        return self._nearness(states) >= self._limits[chains]

    def _nearness(self, states: Float64[Tensor, "some dim"]) -> Float64[Tensor, " some"]:
        return nearness(self._shape.outputs(states * self._scale, self._known), self._values)


def _log_densities(
    outputs: Float64[Tensor, "chains k"], features: Float64[Tensor, "chains last k"]
) -> Float64[Tensor, " chains"]:
    """Return ln of the density of N(0, F'F) at the outputs but for a constant; minus infinity if the rank is lower."""
    kernels = features.mT @ features
    factors, _ = torch.linalg.cholesky_ex(kernels)
    pivots, variances = (one.diagonal(dim1=1, dim2=2) for one in (factors, kernels))
    has_density = (pivots.square() > SMALLEST_PIVOT * variances).all(1)
    white = torch.linalg.solve_triangular(factors, outputs.unsqueeze(2), upper=False).squeeze(2)
    logs = -white.square().sum(1) / 2 - pivots.log().sum(1)
    return torch.where(has_density, logs, -math.inf)


class Mixing(NamedTuple):
    """Whether chains agree with each other.

    Attributes:
        r_hat: The largest R-hat of what was observed.
        effective: The least number of independent draws that those of all chains are worth.
        limit: What R-hat may be.
    """

    r_hat: float
    effective: float
    limit: float

    @property
    def is_mixed(self) -> bool:
        """Whether R-hat is within its limit and there are at least 100 effective draws."""
        return self.r_hat <= self.limit and self.effective >= LEAST_ESS


def fewest_draws(chains: int) -> int:
    """Return how many draws of each chain R-hat needs.

    Of n independent draws of each of C chains, split in two, R-hat varies by about 1/(n sqrt(C)): here .01/3.

    Args:
        chains: Their number.
    """
    return math.ceil(1 / (R_HAT_STDERR * math.sqrt(chains)))


def mixed(
    chains: SliceChains,
    draws: int,
    limit: float,
    observe: Callable[[], NDArray[np.generic]],
    numbers: Callable[[NDArray[np.generic]], Float[Tensor, "statistics chains draws"]],
    progress: OnProgress,
) -> tuple[NDArray[np.generic], Mixing]:
    """Return what is observed of chains that agree, or that still do not after as many steps as there may be.

    Args:
        chains: They are moved.
        draws: Observations of each chain; half as many are dropped before the first.
        limit: What R-hat may be.
        observe: Returns what is to be kept of the chains, ``(chains, ...)``.
        numbers: Returns what they are judged by, from all observations ``(draws, chains, ...)``.
        progress: Called after every draw.
    """
    for _ in range(draws // 2 * STEPS_PER_DRAW[0]):
        chains.step()
    for steps in STEPS_PER_DRAW:
        found = list[NDArray[np.generic]]()
        for draw in range(draws):
            for _ in range(steps):
                chains.step()
            found.append(observe())
            progress(draw, draws, f"draws of chains among networks that fit, each after {steps} steps")
        kept = np.stack(found)
        mixing = mixing_of(numbers(kept), limit)
        if mixing.is_mixed:
            break
    return kept, mixing


def mixing_of(numbers: Float[Tensor, "statistics chains draws"], limit: float) -> Mixing:
    """Return the worst of several statistics; one that is the same everywhere says nothing against the chains.

    Args:
        numbers: The statistics of each draw of each chain.
        limit: What R-hat may be.
    """
    size = float(numbers[0].numel())
    found = [chain_mean(one) for one in numbers if bool((one != one[0, 0]).any())]
    worst = [(one.r_hat, min(one.ess, size)) for one in found if one]
    if not worst:
        return Mixing(1.0, size, limit)
    r_hats, sizes = zip(*worst, strict=True)
    return Mixing(float(np.max(r_hats)), float(np.min(sizes)), limit)
