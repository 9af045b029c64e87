"""Training of many small networks at once, each on batches of its own, until it fits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from geomgen.config.posterior import ADAM, PosteriorConfig
from geomgen.models.flat_networks import FlatNetworks
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator
from geomgen.numerics.workers import workers
from geomgen.progress import OnProgress

BLOCK = 50
"""Networks trained together: their parameters, gradients and moments stay in the cache."""
BETAS, EPSILON = (0.9, 0.999), 1e-8


class Trained(NamedTuple):
    """What became of some networks.

    Attributes:
        functions: Whether each output is above 0, ``(networks, inputs)``.
        epochs: Epochs until the network fitted; 0 if it never did.
        parameters: Those of the first networks that fit, as many as ``--optimal-points``.
    """

    functions: Bool[Tensor, "networks inputs"]
    epochs: Int64[Tensor, " networks"]
    parameters: Float[Tensor, "kept parameters"]

    @property
    def fitted(self) -> Bool[Tensor, "fitted inputs"]:
        """The functions of those that fit."""
        return self.functions[self.epochs > 0]


class Moments:
    """Adam's running means of the gradients of networks and of their squares, and the step that they make.

    Args:
        like: Parameters, ``(networks, parameters)``.

    Source:
        Kingma and Ba (2015).
    """

    def __init__(self, like: Float[Tensor, "networks parameters"]) -> None:
        self.first, self.second, self.steps = torch.zeros_like(like), torch.zeros_like(like), 0

    def step(
        self,
        flat: Float[Tensor, "networks parameters"],
        gradients: Float[Tensor, "networks parameters"],
        lr: float,
    ) -> None:
        """Move parameters in place."""
        self.steps += 1
        self.first.lerp_(gradients, 1 - BETAS[0])
        self.second.mul_(BETAS[1]).addcmul_(gradients, gradients, value=1 - BETAS[1])
        scale = self.second.sqrt().div_((1 - BETAS[1] ** self.steps) ** 0.5).add_(EPSILON)
        flat.addcdiv_(self.first, scale, value=-lr / (1 - BETAS[0] ** self.steps))

    def keep(self, which: Bool[Tensor, " networks"]) -> None:
        """Forget the other networks."""
        self.first, self.second = self.first[which], self.second[which]


@dataclass(frozen=True)
class Ensemble:
    """Networks of one shape that learn the same values.

    Each has its own initial parameters and its own order of batches, which depend on the seed, its number, and, if
    there are fewer than `BLOCK` networks, on how many there are: those of a block are drawn together.

    Attributes:
        networks: How they are drawn, and all inputs.
        values: The function to learn, ``(inputs,)``.
        known: Where it is known.
        config: How they are trained; resolved.
    """

    networks: RandomNetworks
    values: Bool[Tensor, " inputs"]
    known: Bool[Tensor, " inputs"]
    config: PosteriorConfig

    @property
    def shape(self) -> FlatNetworks:
        """The shape of each network."""
        return self.networks.shape

    @property
    def block(self) -> int:
        """Networks trained together."""
        return min(BLOCK, self.config.networks)

    def train(self, progress: OnProgress) -> Trained:
        """Return all networks, trained a block per worker at a time.

        Args:
            progress: Called after every block.
        """
        wanted, found, kept = self.config.networks, list[Trained](), 0
        with workers(self.config.threads) as pool:
            for block in pool.map(self.trained_block, range(-(-wanted // self.block))):
                parameters = block.parameters[: self.config.optimal_points - kept].clone()
                found.append(block._replace(parameters=parameters))
                kept += len(parameters)
                progress(min(len(found) * self.block, wanted), wanted, "networks trained")
        return Trained(*(torch.cat(parts)[:wanted] for parts in zip(*found, strict=True)))

    def trained_block(self, number: int) -> Trained:
        """Return a block of networks, each trained until it fits or the epochs are over; those that fit are taken out.

        Args:
            number: Number of the block.
        """
        flat = self.networks.parameters(generator(self.config.seed, "trained-networks", number), self.block)
        ended, epochs, left = flat.clone(), torch.zeros(self.block, dtype=torch.int64), torch.arange(self.block)
        moments = Moments(flat) if self.config.optimizer == ADAM else None
        orders = self._orders(number)
        for epoch in range(1, self.config.max_epochs + 1):
            self._epoch(flat, next(orders)[left], moments)
            fits = self._fits(flat)
            if not fits.any():
                continue
            ended[left[fits]], epochs[left[fits]] = flat[fits], epoch
            flat, left = flat[~fits], left[~fits]
            if moments:
                moments.keep(~fits)
            if not len(left):
                break
        ended[left] = flat
        is_one = number * self.block + torch.arange(self.block) < self.config.networks
        return Trained(self.shape.outputs(ended, self.networks.inputs.T) > 0, epochs, ended[is_one & (epochs > 0)])

    def _orders(self, number: int) -> Iterator[Int64[Tensor, "networks known"]]:
        """Yield the order in which each network of a block sees the known values, epoch by epoch."""
        places, source = self.known.nonzero().flatten(), generator(self.config.seed, "ensemble-batches", number)
        if self.config.batch_size is None:
            while True:
                yield places.expand(self.block, -1)
        while True:
            yield places[torch.rand(self.block, len(places), generator=source).argsort(1)]

    def _epoch(
        self,
        flat: Float[Tensor, "networks parameters"],
        order: Int64[Tensor, "networks known"],
        moments: Moments | None,
    ) -> None:
        lr = self.config.lr or 0.0
        signs = self.values.to(flat.dtype).mul_(2).sub_(1)
        for batch in order.split(self.config.batch_size or order.shape[1], 1):
            inputs = self.networks.inputs[batch].mT
            gradients = self.shape.gradients(flat, inputs, signs[batch], self.config.loss)
            if moments:
                moments.step(flat, gradients, lr)
            else:
                flat.add_(gradients, alpha=-lr)

    def _fits(self, flat: Float[Tensor, "networks parameters"]) -> Bool[Tensor, " networks"]:
        found = self.shape.outputs(flat, self.networks.inputs[self.known].T) > 0
        return (found == self.values[self.known]).all(1)
