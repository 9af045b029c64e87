"""AdamW, Adam and SGD, as one fused kernel call a step."""

from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from geomgen.config.train import TrainConfig

NUM_MOMENTS = {"adamw": 2, "adam": 2, "sgd": 1}
BLOCK_NUMEL = 2**21


class Optimizer:
    """Moves parameters by their gradients, with torch's functional optimizers and PyTorch's default constants.

    With ``working`` copies of lower precision, the update goes block by block: cast a block of the gradient, move the
    float32 parameters, refresh the copy. A block stays in the cache meanwhile, which saves three trips to memory.

    Args:
        config: Update rule and its constants.
        parameters: float32 tensors, moved in place.
        working: Tensors of the same shapes and lower precision that follow the parameters, or None.
    """

    def __init__(
        self, config: TrainConfig, parameters: Sequence[Tensor], working: Sequence[Tensor] | None = None
    ) -> None:
        self.config = config
        self.parameters = list(parameters)
        self.working = None if working is None else list(working)
        self.moments = [
            [torch.zeros_like(parameter) for parameter in parameters] for _ in range(NUM_MOMENTS[config.optimizer])
        ]
        self.num_steps = 0

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move the parameters once.

        Args:
            gradients: One a parameter, of the working copies' type where there are any.
        """
        if self.working is None:
            self._move(self.parameters, list(gradients), self.moments)
        else:
            for parameter, gradient, copy, *moments in zip(
                self.parameters, gradients, self.working, *self.moments, strict=True
            ):
                for rows in _row_blocks(parameter):
                    self._move([parameter[rows]], [gradient[rows].float()], [[moment[rows]] for moment in moments])
                    copy[rows].copy_(parameter[rows])
        self.num_steps += 1

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
        steps = [torch.full((), float(self.num_steps), device=parameter.device) for parameter in parameters]
        rule(
            parameters,
            gradients,
            moments[0],
            moments[1],
            [],
            steps,
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=config.lr,
            weight_decay=config.weight_decay,
            eps=1e-8,
            maximize=False,
        )

    def state(self) -> list[Tensor]:
        """Return the tensors that, with ``num_steps``, continue the optimizer: first moments, then second."""
        return list(chain.from_iterable(self.moments))


def _row_blocks(tensor: Tensor) -> list[slice]:
    rows = tensor.shape[0]
    block = max(1, BLOCK_NUMEL * rows // tensor.numel())
    return [slice(start, start + block) for start in range(0, rows, block)]
