"""Products at the requested precision, by the fastest implementation on this processor."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geomgen import processor
from geomgen.models.layers import Network
from geomgen.training.normalisation import batch_norms, normalise_in_float32

FEW_WEIGHTS, MANY_WEIGHTS = 2**19, 2**24
TRANSPOSED_BATCHES = range(32, 129)


def working_model(model: Network, precision: str) -> Network:
    """Return the network that forward and backward passes run through.

    At fp32 it is the model itself; at bf16 a bfloat16 copy, which the optimizer keeps up to date, so that no step has
    to cast the weights. Batch normalisations of the copy compute in float32 and keep the model's own running
    statistics, since bfloat16 could not follow their small changes. All other buffers are the copy's own: see
    `copy_buffers`.
    """
    if precision == "fp32":
        return model
    working = copy.deepcopy(model).to(torch.bfloat16)
    for norm, copied in zip(batch_norms(model), batch_norms(working), strict=True):
        for name, buffer in norm.named_buffers():
            setattr(copied, name, buffer)
        copied.forward = partial(normalise_in_float32, copied)  # type: ignore[method-assign]
    return working


@torch.no_grad()
def copy_buffers(source: nn.Module, target: nn.Module) -> None:
    """Copy the buffers of a network to one of the same modules and perhaps another type, unless it is the same one.

    Those that differ by rounding to the source's type alone stay, so that no constant of a model becomes a bfloat16.
    """
    if source is target:
        return
    others = dict(target.named_buffers(remove_duplicate=False))
    for name, buffer in source.named_buffers(remove_duplicate=False):
        if not torch.equal(others[name].to(buffer.dtype), buffer):
            others[name].copy_(buffer)


@contextmanager
def fast_float32(num_threads: int, device: str = "cpu") -> Iterator[None]:
    """Run a block with a number of threads, the fastest products that are float32 here, and denormal numbers as zero.

    Products: where a processor has no bfloat16 matrix unit, torch's 'medium' setting sends float32 products through
    oneDNN at full accuracy, faster than the default unless AVX2 is all it has; where it has one (AMX), as on a GPU, the
    same setting rounds. That it does not round is tried before it is set.

    Denormals: the moments that Adam keeps of dead weights decay below 2^-126 within an epoch, and arithmetic on such
    numbers is some thirteen times slower. A thread inherits the mode when it is created, so the block should contain
    the first work that torch divides among threads; if it comes later, only the calling thread is fast.

    Afterwards all three are restored.
    """
    threads, products = torch.get_num_threads(), torch.get_float32_matmul_precision()
    flushes = _flushes_denormals()
    torch.set_flush_denormal(True)
    torch.set_num_threads(num_threads)
    by_onednn = device == "cpu" and processor.products().by_onednn and _medium_is_float32()
    torch.set_float32_matmul_precision("medium" if by_onednn else "highest")
    try:
        yield
    finally:
        torch.set_flush_denormal(flushes)
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(products)


@contextmanager
def products_of(num_weights: int) -> Iterator[None]:
    """Run a block inside `fast_float32` with the products that are faster for maps with this many weights.

    oneDNN multiplies faster than the default, but takes longer to begin: at batch 64 it pays from 2^19 weights on.
    """
    products = torch.get_float32_matmul_precision()
    if num_weights < FEW_WEIGHTS:
        torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(products)


def affine(
    inputs: Float[Tensor, "n inputs"], weight: Float[Tensor, "outputs inputs"], bias: Float[Tensor, " outputs"]
) -> Float[Tensor, "n outputs"]:
    """Return X W^T + b by the faster of two forms, which differ in rounding.

    A processor with AVX2 alone computes a wide float32 map of about 64 images as (W X^T + b)^T. On one core limited to
    AVX2, X W^T and W X^T reached 60 and 69 GFLOP/s at 4096 x 4096 weights and batch 64, and 59 and 66 at 8192 x 8192; a
    step at width 8192 took 7 % less time. With fewer weights, or at batches below 32, X W^T is as fast or faster. With
    AVX-512 a step gains 2 %, for which no training should change its bits.
    """
    is_wide = weight.numel() >= MANY_WEIGHTS and len(inputs) in TRANSPOSED_BATCHES
    is_float32 = weight.dtype == torch.float32 and weight.device.type == "cpu"
    if is_wide and is_float32 and processor.products().transposed:
        return torch.addmm(bias.unsqueeze(1), weight, inputs.T).T.contiguous()
    return nn.functional.linear(inputs, weight, bias)


def _flushes_denormals() -> bool:
    """Return whether the calling thread flushes a product below 2^-126 to zero."""
    small = torch.tensor(1e-20)
    return not bool(small * small)


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
