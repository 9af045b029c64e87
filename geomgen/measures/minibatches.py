"""Minibatches for many chains at once, each with its own."""

import torch
from jaxtyping import Shaped
from torch import Tensor


class Minibatches:
    """Draws of one minibatch for each of K chains, as views of one shuffled copy of the data.

    All n images are shuffled, and K batches are taken at a time from the front, until there are not enough left.

    Args:
        tensors: What is cut into batches, each ``(n, ...)``.
        num_chains: K.
        batch_size: B, with K B at most n.
        source: Of the shuffling.

    Raises:
        ValueError: If the data are too few for one batch per chain.
    """

    def __init__(
        self, tensors: tuple[Shaped[Tensor, "n ..."], ...], num_chains: int, batch_size: int, source: torch.Generator
    ) -> None:
        if num_chains * batch_size > len(tensors[0]):
            raise ValueError(f"{num_chains} batches of {batch_size} are more than {len(tensors[0])} images")
        self._tensors, self._source = tensors, source
        self._num_chains, self._batch_size = num_chains, batch_size
        self._shuffled = tensors
        self._position = len(tensors[0])

    def draw(self) -> tuple[Shaped[Tensor, "K B ..."], ...]:
        """Return the next batches of each tensor."""
        count = self._num_chains * self._batch_size
        if self._position + count > len(self._tensors[0]):
            order = torch.randperm(len(self._tensors[0]), generator=self._source)
            self._shuffled = tuple(tensor[order.to(tensor.device)] for tensor in self._tensors)
            self._position = 0
        start, self._position = self._position, self._position + count
        return tuple(
            tensor[start : start + count].unflatten(0, (self._num_chains, self._batch_size))
            for tensor in self._shuffled
        )
