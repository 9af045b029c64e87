"""AdamW, Adam and SGD, as one fused kernel call a step."""

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from geomgen.config.train import TrainConfig

NUM_MOMENTS = {"adamw": 2, "adam": 2, "sgd": 1}
BLOCK_NUMEL = 2**18


class Optimizer:
    """Moves parameters by their gradients, with torch's functional optimizers and PyTorch's default constants.

    Where more is to be done with a parameter than to move it (follow it with a working copy of lower precision, measure
    the step), it is done block by block: parameters, moments and gradient of a block stay in the cache meanwhile, which
    saves several trips to memory.

    Args:
        config: Update rule and its constants.
        parameters: float32 tensors, moved in place.
        working: Tensors of the same shapes and lower precision that follow the parameters, or None.
    """

    def __init__(
        self, config: TrainConfig, parameters: Sequence[Tensor], working: Sequence[Tensor] | None = None
    ) -> None:
        self.config = config
        self.parameters = [parameter.detach() for parameter in parameters]
        self.working = [None] * len(self.parameters) if working is None else [copy.detach() for copy in working]
        self.moments = [
            [torch.zeros_like(parameter) for parameter in self.parameters] for _ in range(NUM_MOMENTS[config.optimizer])
        ]
        self.num_steps = 0
        self._scratch: dict[str, Tensor] = {}

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move the parameters once.

        Args:
            gradients: One a parameter, of the working copies' type where there are any.
        """
        if self.working[0] is None:
            self._move(self.parameters, list(gradients), self.moments)
        else:
            for block in self._blocks(gradients):
                self._move_block(block, self._float32(block.gradient))
        self.num_steps += 1

    @torch.no_grad()
    def measured_step(self, gradients: Sequence[Tensor]) -> tuple[float, float]:
        """Move the parameters once and measure the move.

        Returns:
            Euclidean lengths of the step and of the gradient: float32 within a block, float64 over blocks.
        """
        step, gradient = 0.0, 0.0
        for block in self._blocks(gradients):
            before, whole = self._kept("before", block.parameter), self._float32(block.gradient)
            gradient += _sum_of_squares(whole)
            self._move_block(block, whole)
            step += _sum_of_squares(before.sub_(block.parameter))
        self.num_steps += 1
        return math.sqrt(step), math.sqrt(gradient)

    def _blocks(self, gradients: Sequence[Tensor]) -> Iterator["_Block"]:
        for index, (parameter, gradient) in enumerate(zip(self.parameters, gradients, strict=True)):
            copy, moments = self.working[index], [moment[index] for moment in self.moments]
            rows = max(1, BLOCK_NUMEL * parameter.shape[0] // parameter.numel())
            for start in range(0, parameter.shape[0], rows):
                part = slice(start, start + rows)
                yield _Block(
                    parameter[part],
                    gradient[part],
                    [moment[part] for moment in moments],
                    None if copy is None else copy[part],
                )

    def _move_block(self, block: "_Block", gradient: Tensor) -> None:
        self._move([block.parameter], [gradient], [[moment] for moment in block.moments])
        if block.working is not None:
            block.working.copy_(block.parameter)

    def _float32(self, gradient: Tensor) -> Tensor:
        return gradient if gradient.dtype == torch.float32 else self._kept("gradient", gradient)

    def _kept(self, purpose: str, block: Tensor) -> Tensor:
        """Return a float32 copy of a block, in memory that the next block of the same purpose will take again."""
        scratch = self._scratch.get(purpose)
        if scratch is None or scratch.numel() < block.numel():
            scratch = self._scratch[purpose] = torch.empty(block.numel(), device=block.device)
        return scratch[: block.numel()].view_as(block).copy_(block)

    def _move(self, parameters: list[Tensor], gradients: list[Tensor], moments: list[list[Tensor]]) -> None:
        config = self.config
        if config.optimizer == "sgd":
            sgd(
                parameters,
                gradients,
                list(moments[0]),
                fused=True,
                weight_decay=config.weight_decay,
                momentum=config.momentum,
                lr=config.lr,
                dampening=0.0,
                nesterov=False,
                maximize=False,
            )
            return
        rule = adamw if config.optimizer == "adamw" else adam
        rule(
            parameters,
            gradients,
            moments[0],
            moments[1],
            [],
            self._step_counts(parameters),
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=config.lr,
            weight_decay=config.weight_decay,
            eps=1e-8,
            maximize=False,
        )

    def _step_counts(self, parameters: list[Tensor]) -> list[Tensor]:
        """Return the steps done so far, a tensor for each parameter; the kernel counts on in them."""
        return list(torch.full((len(parameters),), float(self.num_steps), device=parameters[0].device).unbind())

    def state(self) -> list[Tensor]:
        """Return the tensors that, with ``num_steps``, continue the optimizer: first moments, then second."""
        return list(chain.from_iterable(self.moments))


class _Block(NamedTuple):
    """Rows of a parameter, with what goes with them."""

    parameter: Tensor
    gradient: Tensor
    moments: list[Tensor]
    working: Tensor | None


def _sum_of_squares(tensor: Tensor) -> float:
    flat = tensor.reshape(-1)
    return float(torch.dot(flat, flat))
