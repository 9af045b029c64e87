"""Private functions of torch that are faster than its public ones: all that geomgen uses, each with a fallback.

Another version of torch may lack one, take other arguments or compute something else. So each is compared with the
equivalent public functions on a tiny problem when it is first used; if they disagree, the public ones are used.
"""

import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, ParamSpec, TypeVar

import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
MEAN, NO_LABEL = 1, -100
RTOL, ATOL = 1e-5, 1e-6

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Kernel(Generic[Arguments, Result]):
    """A function with a fast form that may be missing and a plain form that always works.

    Args:
        name: What it does, for the warning that the fast form is not used.
        fast: By private functions of torch.
        plain: By public ones.
        example: Calls either form on a tiny problem and returns what it computed.
    """

    def __init__(
        self,
        name: str,
        fast: Callable[Arguments, Result],
        plain: Callable[Arguments, Result],
        example: Callable[[Callable[Arguments, Result]], Sequence[Float[Tensor, "..."]]],
    ) -> None:
        self.name, self.fast, self.plain, self.example = name, fast, plain, example

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """Call the form that was chosen."""
        return self.chosen(*args, **kwargs)

    @cached_property
    def chosen(self) -> Callable[Arguments, Result]:
        """The fast form if it works and agrees with the plain one, which is checked once per process."""
        if self._agree():
            return self.fast
        warnings.warn(
            f"geomgen does not know the {self.name} of torch {torch.__version__} and uses a slower implementation.",
            RuntimeWarning,
            stacklevel=3,
        )
        return self.plain

    def _agree(self) -> bool:
        try:
            found = self.example(self.fast)
        except (AttributeError, TypeError, ValueError, RuntimeError):
            return False
        return all(
            one.shape == other.shape and torch.allclose(one, other, RTOL, ATOL)
            for one, other in zip(found, self.example(self.plain), strict=True)
        )


def _fused_adam(
    vector: Float32[Tensor, " num"],
    gradient: Float32[Tensor, " num"],
    moments: Sequence[Float32[Tensor, " num"]],
    num_steps: int,
    *,
    lr: float,
    weight_decay: float,
    decoupled: bool,
) -> None:
    kernel = torch._fused_adamw_ if decoupled else torch._fused_adam_
    first, second = moments
    kernel(
        [vector],
        [gradient],
        [first],
        [second],
        [],
        [torch.tensor(float(num_steps), device=gradient.device)],
        lr=lr,
        beta1=BETA1,
        beta2=BETA2,
        weight_decay=weight_decay,
        eps=EPS,
        amsgrad=False,
        maximize=False,
    )


def _plain_adam(
    vector: Float32[Tensor, " num"],
    gradient: Float32[Tensor, " num"],
    moments: Sequence[Float32[Tensor, " num"]],
    num_steps: int,
    *,
    lr: float,
    weight_decay: float,
    decoupled: bool,
) -> None:
    step = adamw if decoupled else adam
    first, second = moments
    step(
        [vector],
        [gradient],
        [first],
        [second],
        [],
        [torch.tensor(num_steps - 1.0, device=gradient.device)],
        foreach=False,
        lr=lr,
        beta1=BETA1,
        beta2=BETA2,
        weight_decay=weight_decay,
        eps=EPS,
        amsgrad=False,
        maximize=False,
    )


def _adam_example(step: Callable[..., None]) -> list[Tensor]:
    found = []
    for decoupled in (False, True):
        vector, gradient = torch.linspace(-1, 1, 9), torch.linspace(2, -1, 9)
        moments = [torch.zeros(9), torch.zeros(9)]
        for num_steps in (1, 2):
            step(vector, gradient, moments, num_steps, lr=0.1, weight_decay=0.1, decoupled=decoupled)
        found += [vector, *moments]
    return found


adam_step = Kernel("fused Adam and AdamW", _fused_adam, _plain_adam, _adam_example)
"""Move a vector one step by Adam, in place, given its moments and the number of steps so far; AdamW if decoupled."""


def _fused_sgd(
    vector: Float32[Tensor, " num"],
    gradient: Float32[Tensor, " num"],
    moments: list[Float32[Tensor, " num"]],
    *,
    lr: float,
    momentum: float,
    weight_decay: float,
) -> None:
    torch._fused_sgd_(
        [vector],
        [gradient],
        moments,
        weight_decay=weight_decay,
        momentum=momentum,
        lr=lr,
        dampening=0.0,
        nesterov=False,
        maximize=False,
        is_first_step=False,
    )


def _plain_sgd(
    vector: Float32[Tensor, " num"],
    gradient: Float32[Tensor, " num"],
    moments: list[Float32[Tensor, " num"]],
    *,
    lr: float,
    momentum: float,
    weight_decay: float,
) -> None:
    sgd(
        [vector],
        [gradient],
        list[Tensor | None](moments) or [None],
        foreach=False,
        weight_decay=weight_decay,
        momentum=momentum,
        lr=lr,
        dampening=0.0,
        nesterov=False,
        maximize=False,
    )


def _sgd_example(step: Callable[..., None]) -> list[Tensor]:
    found = []
    for momentum in (0.0, 0.9):
        vector, gradient = torch.linspace(-1, 1, 9), torch.linspace(2, -1, 9)
        moments = [torch.zeros(9)] if momentum else []
        for _ in range(2):
            step(vector, gradient, moments, lr=0.1, momentum=momentum, weight_decay=0.1)
        found += [vector, *moments]
    return found


sgd_step = Kernel("fused SGD", _fused_sgd, _plain_sgd, _sgd_example)
"""Move a vector once by stochastic gradient descent, in place, given its momentum if it keeps one."""


def _fused_relu_backward(gradient: Float[Tensor, "*shape"], output: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    product: Tensor = torch.ops.aten.threshold_backward(gradient, output, 0)
    return product


def _plain_relu_backward(gradient: Float[Tensor, "*shape"], output: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    return gradient * (output > 0)


def _relu_example(backward: Callable[[Tensor, Tensor], Tensor]) -> list[Tensor]:
    return [backward(torch.linspace(-1, 2, 7), torch.tensor([0.0, 1, 0, 2, 0, 0, 3]))]


relu_backward = Kernel("derivative of ReLU", _fused_relu_backward, _plain_relu_backward, _relu_example)
"""Return the gradient with respect to a ReLU's input, from the gradient and the value of its output."""


def _fused_tanh_backward(gradient: Float[Tensor, "*shape"], output: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    product: Tensor = torch.ops.aten.tanh_backward(gradient, output)
    return product


def _plain_tanh_backward(gradient: Float[Tensor, "*shape"], output: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    return gradient * (1 - output * output)


def _tanh_example(backward: Callable[[Tensor, Tensor], Tensor]) -> list[Tensor]:
    return [backward(torch.linspace(-1, 2, 7), torch.linspace(-1, 1, 7))]


tanh_backward = Kernel("derivative of tanh", _fused_tanh_backward, _plain_tanh_backward, _tanh_example)
"""Return the gradient with respect to a tanh's input, from the gradient and the value of its output."""


def _fused_cross_entropy(
    logits: Float32[Tensor, "n d"], labels: Int64[Tensor, " n"]
) -> tuple[Float32[Tensor, ""], Float32[Tensor, "n d"]]:
    log_probabilities = torch.log_softmax(logits, 1)
    loss, total = torch.ops.aten.nll_loss_forward(log_probabilities, labels, None, MEAN, NO_LABEL)
    one = torch.ones((), device=loss.device)
    slope = torch.ops.aten.nll_loss_backward(one, log_probabilities, labels, None, MEAN, NO_LABEL, total)
    return loss, torch.ops.aten._log_softmax_backward_data(slope, log_probabilities, 1, torch.float32)


def _plain_cross_entropy(
    logits: Float32[Tensor, "n d"], labels: Int64[Tensor, " n"]
) -> tuple[Float32[Tensor, ""], Float32[Tensor, "n d"]]:
    log_probabilities = torch.log_softmax(logits, 1)
    loss = torch.nn.functional.nll_loss(log_probabilities, labels)
    slope = log_probabilities.exp()
    slope[torch.arange(len(labels), device=labels.device), labels] -= 1
    return loss, slope / len(labels)


def _cross_entropy_example(function: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    return function(torch.linspace(-2, 3, 12).view(4, 3), torch.tensor([0, 2, 1, 1]))


cross_entropy_and_slope = Kernel(
    "derivative of cross-entropy", _fused_cross_entropy, _plain_cross_entropy, _cross_entropy_example
)
"""Return the mean cross-entropy of float32 logits ``(n, d)`` to labels ``(n,)``, and its gradient in the logits."""


def _fused_copy(targets: list[Float[Tensor, "..."]], sources: list[Float[Tensor, "..."]]) -> None:
    torch._foreach_copy_(targets, sources)


def _plain_copy(targets: list[Float[Tensor, "..."]], sources: list[Float[Tensor, "..."]]) -> None:
    for target, source in zip(targets, sources, strict=True):
        target.copy_(source)


def _copy_example(copy: Callable[[list[Tensor], list[Tensor]], Any]) -> list[Tensor]:
    targets = [torch.zeros(3), torch.zeros(2, 2)]
    copy(targets, [torch.arange(3.0), torch.ones(2, 2)])
    return targets


copy_all = Kernel("copy of many tensors", _fused_copy, _plain_copy, _copy_example)
"""Copy tensors into others, one by one."""

KERNELS: list[Kernel[Any, Any]] = [
    adam_step, sgd_step, relu_backward, tanh_backward, cross_entropy_and_slope, copy_all,
]  # fmt: skip
