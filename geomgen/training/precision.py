"""Products at the precision that was asked for, by the fastest route that this processor has for it."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from geomgen.models.layers import Network

LARGE_NUMEL = 2**20


def working_model(model: Network, precision: str) -> Network:
    """Return the network that forward and backward passes run through.

    At fp32 it is the model itself; at bf16 a bfloat16 copy, which the optimizer keeps up to date, so that no step has
    to cast the weights.
    """
    return model if precision == "fp32" else copy.deepcopy(model).to(torch.bfloat16)


def reuse_gradient_memory(model: nn.Module) -> None:
    """Let the large linear maps of a network that is only trained write each gradient where the last one stood.

    A fresh gradient of 270 MB a step costs a third of its product in page faults. The gradient of a weight is then
    valid until the next backward pass, and there is no second derivative.
    """
    for module in model.modules():
        if type(module) is nn.Linear and module.weight.numel() >= LARGE_NUMEL:
            buffer = torch.empty_like(module.weight, requires_grad=False)
            module.forward = partial(_linear, module, buffer)  # type: ignore[method-assign]


def _linear(module: nn.Linear, buffer: Tensor, inputs: Tensor) -> Tensor:
    return cast("Tensor", _LinearInto.apply(inputs, module.weight, module.bias, buffer))  # type: ignore[no-untyped-call]


class _LinearInto(torch.autograd.Function):
    """x W^T + b, whose gradient by W is written into a buffer. Inputs: ``(n, fan_in)``."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None, buffer: Tensor) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        ctx.buffer = buffer
        return nn.functional.linear(inputs, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, ...]:
        (output,), (inputs, weight) = outputs, ctx.saved_tensors
        by_inputs = output @ weight if ctx.needs_input_grad[0] else None
        by_bias = output.sum(0) if ctx.needs_input_grad[2] else None
        return by_inputs, torch.mm(output.T, inputs, out=ctx.buffer), by_bias, None


@contextmanager
def fast_float32(num_threads: int, device: str = "cpu") -> Iterator[None]:
    """Run a block with so many threads, the fastest products that are float32 here, and denormal numbers as zero.

    Products: where a processor has no bfloat16 matrix unit, torch's 'medium' setting sends float32 products through
    oneDNN at full accuracy, faster than the default; where it has one, as on a GPU, the same setting rounds.

    Denormals: the moments that Adam keeps of dead weights decay below 2^-126 within an epoch, and arithmetic on such
    numbers is some thirteen times slower. A thread takes the mode over at its birth, so the block should hold the first
    work that torch divides among threads; if it comes later, only the calling thread is fast.
    """
    threads, products = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_flush_denormal(True)
    torch.set_num_threads(num_threads)
    torch.set_float32_matmul_precision("medium" if device == "cpu" and _medium_is_float32() else "highest")
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(products)


@cache
def _medium_is_float32() -> bool:
    """Return whether a 'medium' product agrees with float64 to float32's rounding, not bfloat16's (2^-9)."""
    source = torch.Generator().manual_seed(0)
    left, right = torch.randn(64, 1024, generator=source), torch.randn(1024, 1024, generator=source)
    exact = left.double() @ right.double()
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        error = nn.functional.linear(left, right.T).double().sub_(exact).norm() / exact.norm()
    finally:
        torch.set_float32_matmul_precision(before)
    return bool(error < 2**-20)
