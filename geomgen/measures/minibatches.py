"""Minibatches for many chains at once, each with its own."""

import math

import torch
from jaxtyping import Shaped
from torch import Tensor


class Minibatches:
    """Draws of one minibatch for each of K chains, as views of one shuffled copy of the data.

    All n images are shuffled and cut into n // B batches. Each chain passes through all of them, one per draw, and
    begins one further than the chain before it, so that no two chains have the same batch at a time; then all are
    shuffled anew. Where n // B < K, each draw takes as many shuffles as it needs: no batch has an image twice.

    Args:
        tensors: What is cut into batches, each ``(n, ...)``.
        num_chains: K.
        batch_size: B, at most n.
        source: Of the shuffling.

    Raises:
        ValueError: If the data are too few for one batch.
    """

    def __init__(
        self, tensors: tuple[Shaped[Tensor, "n ..."], ...], num_chains: int, batch_size: int, source: torch.Generator
    ) -> None:
        self._num_images = len(tensors[0])
        if batch_size > self._num_images:
            raise ValueError(f"a batch of {batch_size} is more than {self._num_images} images")
        self._tensors, self._source = tensors, source
        self._num_chains, self._batch_size = num_chains, batch_size
        self._shuffled: tuple[Tensor, ...] = ()
        self._begin = 0

    def draw(self) -> tuple[Shaped[Tensor, "K B ..."], ...]:
        """Return the next batches of each tensor, which hold until the next draw."""
        count = self._num_chains * self._batch_size
        if not self._shuffled or self._begin + count > len(self._shuffled[0]):
            self._shuffle()
        start = self._begin
        self._begin += self._batch_size
        return tuple(
            tensor[start : start + count].unflatten(0, (self._num_chains, self._batch_size))
            for tensor in self._shuffled
        )

    def _shuffle(self) -> None:
        """Copy all tensors in a new order to where the last shuffle was: new memory costs more than the copy."""
        order = self._order()
        if not self._shuffled:
            self._shuffled = tuple(tensor.new_empty(len(order), *tensor.shape[1:]) for tensor in self._tensors)
        for tensor, place in zip(self._tensors, self._shuffled, strict=True):
            torch.index_select(tensor, 0, order.to(tensor.device), out=place)
        self._begin = 0

    def _order(self) -> Shaped[Tensor, " m"]:
        """Return the batches of a pass end to end, the first ones again at the end; or those of one draw."""
        batches = self._num_images // self._batch_size
        shuffles = [
            torch.randperm(self._num_images, generator=self._source)[: batches * self._batch_size]
            for _ in range(math.ceil(self._num_chains / batches))
        ]
        if len(shuffles) > 1:
            return torch.cat(shuffles)[: self._num_chains * self._batch_size]
        return torch.cat([shuffles[0], shuffles[0][: (self._num_chains - 1) * self._batch_size]])
