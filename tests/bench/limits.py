"""What the machine can give: products, memory traffic, random numbers, and the work that they allow at best."""

import time
from collections.abc import Callable
from itertools import pairwise

import torch
from torch.nn.functional import linear

from geomgen.config.random_networks import RandomNetworkConfig
from geomgen.data.boolean import boolean_inputs
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.workers import workers
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


def random_functions(num_networks: int) -> dict[str, float]:
    """Return the seconds per network of the random numbers and the products that networks of 7 bits take, alone."""
    networks, threads = RandomNetworks(boolean_inputs(7), RandomNetworkConfig().filled()), torch.get_num_threads()
    blocks = -(-num_networks // (networks.block * threads))

    def seconds_of(alone: Callable[[RandomNetworks], Callable[[], object]]) -> float:
        def repeated(_thread: int) -> None:
            work = alone(networks)
            for _ in range(blocks):
                work()

        return _best_seconds(lambda: list(pool.map(repeated, range(threads))), 3) / (blocks * networks.block * threads)

    with fast_float32(1), workers(threads) as pool:
        numbers_s, products_s = (seconds_of(alone) for alone in (_random_numbers, _small_products))
    return {
        "seconds": numbers_s + products_s,
        "numbers_per_s": 1 / numbers_s,
        "products_per_s": 1 / products_s,
    }


def _random_numbers(networks: RandomNetworks) -> Callable[[], object]:
    """Return what draws the parameters of a block of networks."""
    drawn, source = torch.empty(networks.block, networks.num_parameters), torch.Generator().manual_seed(0)
    return lambda: drawn.normal_(generator=source)


def _small_products(networks: RandomNetworks) -> Callable[[], object]:
    """Return the matrix products of a block of networks, into memory of their own."""
    block, inputs = networks.block, networks.inputs.T.contiguous()
    weights = [torch.rand(block, after, before) for before, after in pairwise(networks.layers)]
    sums = [torch.empty(block, after, inputs.shape[1]) for after in networks.layers[1:]]

    def work() -> None:
        torch.mm(weights[0].flatten(0, 1), inputs, out=sums[0].flatten(0, 1))
        for weight, units, into in zip(weights[1:], sums, sums[1:], strict=False):
            torch.bmm(weight, units, out=into)

    return work


def _best_seconds(work: Callable[[], object], repeats: int = 7) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
