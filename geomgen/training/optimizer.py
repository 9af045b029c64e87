"""AdamW, Adam and SGD on one vector of parameters, by torch's fused kernels."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from geomgen.config.train import TrainConfig
from geomgen.numerics.kernels import adam_step, sgd_step

BLOCK_NUMEL = 2**17


def num_moments(config: TrainConfig) -> int:
    """Return how many vectors the update rule keeps besides the parameters."""
    return 2 if config.optimizer != "sgd" else int(config.momentum > 0)


class Optimizer:
    """Moves a vector of parameters by its gradient, with PyTorch's default constants.

    Additional work (updating a working copy of lower precision, measuring the step) is done block by block: parameters,
    moments and gradient of a block stay in the cache meanwhile, which saves several trips to memory. The kernels are
    called directly, since the overhead of torch's functional optimizers exceeds the time to move a block.

    Args:
        config: Update rule and its constants.
        vector: Parameters, ``(num,)`` float32, moved in place.
        gradient: Read by each step, ``(num,)``, of the working copy's type if there is one.
        working: Copy of lower precision that follows the parameters, ``(num,)``, or None.
    """

    def __init__(
        self,
        config: TrainConfig,
        vector: Float32[Tensor, " num"],
        gradient: Float[Tensor, " num"],
        working: Float[Tensor, " num"] | None = None,
    ) -> None:
        self.config = config
        self.moments = [torch.zeros_like(vector) for _ in range(num_moments(config))]
        self.num_steps = 0
        self._whole = _Block(vector, gradient, self.moments, working)
        self._blocks = list(self._whole.split(BLOCK_NUMEL))
        self._before, self._gradient = torch.empty_like(vector[:BLOCK_NUMEL]), torch.empty_like(vector[:BLOCK_NUMEL])

    @torch.no_grad()
    def step(self) -> None:
        """Move the parameters once."""
        self.num_steps += 1
        for block in [self._whole] if self._whole.working is None else self._blocks:
            self._move(block, self._float32(block.gradient))

    @torch.no_grad()
    def measured_step(self) -> tuple[float, float]:
        """Move the parameters once and measure the move.

        Returns:
            Euclidean lengths of the step and of the gradient: float32 within a block, float64 over blocks.
        """
        self.num_steps += 1
        step, gradient = 0.0, 0.0
        for block in self._blocks:
            before, whole = self._before[: len(block.vector)].copy_(block.vector), self._float32(block.gradient)
            gradient += float(whole.dot(whole))
            self._move(block, whole)
            before.sub_(block.vector)
            step += float(before.dot(before))
        return math.sqrt(step), math.sqrt(gradient)

    def _float32(self, gradient: Tensor) -> Tensor:
        return gradient if gradient.dtype == torch.float32 else self._gradient[: len(gradient)].copy_(gradient)

    def _move(self, block: "_Block", gradient: Tensor) -> None:
        config = self.config
        if config.optimizer == "sgd":
            sgd_step(
                block.vector,
                gradient,
                block.moments,
                lr=config.lr,
                momentum=config.momentum,
                weight_decay=config.weight_decay,
            )
        else:
            adam_step(
                block.vector,
                gradient,
                block.moments,
                self.num_steps,
                lr=config.lr,
                weight_decay=config.weight_decay,
                decoupled=config.optimizer == "adamw",
            )
        if block.working is not None:
            block.working.copy_(block.vector)


class _Block(NamedTuple):
    """A contiguous block of the parameters, with its moments and gradient."""

    vector: Tensor
    gradient: Tensor
    moments: list[Tensor]
    working: Tensor | None

    def split(self, numel: int) -> Iterable["_Block"]:
        vectors, gradients = self.vector.split(numel), self.gradient.split(numel)
        moments = [moment.split(numel) for moment in self.moments]
        working = None if self.working is None else self.working.split(numel)
        for index, (vector, gradient) in enumerate(zip(vectors, gradients, strict=True)):
            parts = [moment[index] for moment in moments]
            yield _Block(vector, gradient, parts, None if working is None else working[index])
