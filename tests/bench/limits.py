"""What the machine can give: float32 products and memory traffic, and the training step that they allow at best."""

import time
from collections.abc import Callable

import torch
from torch.nn.functional import linear

from geomgen.training.precision import fast_float32

BATCH_SIZE = 64
NUM_INPUTS, NUM_CLASSES = 784, 10
ARRAYS_PER_UPDATE = 7  # AdamW reads parameter, gradient and two moments, and writes all but the gradient
BYTES = 4
COPIED_NUMEL = 2**26


def rates(width: int, side: int) -> dict[str, float]:
    """Return the fastest product of squares, product at the training shape, and copy; seconds a step at those rates."""
    with fast_float32(torch.get_num_threads()):
        square, weight, batch = torch.rand(side, side), torch.rand(width, width), torch.rand(BATCH_SIZE, width)
        source, target = torch.rand(COPIED_NUMEL), torch.empty(COPIED_NUMEL)
        flops_per_s = 2 * side**3 / _best_seconds(lambda: linear(square, square))
        flops_per_s_step = 2 * BATCH_SIZE * width**2 / _best_seconds(lambda: linear(batch, weight))
        bytes_per_s = 2 * BYTES * COPIED_NUMEL / _best_seconds(lambda: target.copy_(source))
    return {
        "seconds": step_flops(width) / flops_per_s + step_bytes(width) / bytes_per_s,
        "gflops": flops_per_s / 1e9,
        "gflops_step": flops_per_s_step / 1e9,
        "gb_per_s": bytes_per_s / 1e9,
    }


def step_flops(width: int) -> int:
    """Return the work of the products: outputs, gradients of weights, and of all inputs but the images."""
    return 2 * BATCH_SIZE * (3 * _num_weights(width) - NUM_INPUTS * width)


def step_bytes(width: int) -> int:
    """Return the memory traffic of the update."""
    return ARRAYS_PER_UPDATE * BYTES * (_num_weights(width) + 2 * width + NUM_CLASSES)


def _num_weights(width: int) -> int:
    return NUM_INPUTS * width + width**2 + NUM_CLASSES * width


def _best_seconds(work: Callable[[], object], repeats: int = 7) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
