"""geomgen's curvature, and the product rate that bounds it, on a network that the peers' environment loads too."""

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch.nn.functional import linear

from geomgen.config.hessian import HessianConfig
from geomgen.data.load import load_dataset
from geomgen.data.transforms import as_float
from geomgen.measures.hessian import spectrum as measured_spectrum
from geomgen.models.functional.mlp_products import IMAGES_PER_PASS, used_columns
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import Curvature, hessian
from geomgen.models.mlp import mlp
from geomgen.numerics.spectrum import broadened
from geomgen.training.precision import fast_float32

STEPS_OF_LAYERS = 6
"""Products of the size of a weight matrix and one image that a vector takes, per layer after the first; there 2."""


def save_problem(path: str, width: int, num_images: int, dtype: str, depth: int = 2) -> dict[str, float]:
    """Write a network of ReLU layers with MNIST images."""
    began = time.perf_counter()
    split, kind = load_dataset("mnist").train.first(num_images), getattr(torch, dtype)
    torch.manual_seed(0)
    network = mlp((1, 28, 28), 10, width=width, depth=depth)
    theta = NetworkFunction(network).parameters().to(kind)
    images = as_float(split.images).to(kind)
    np.savez(path, images=images.numpy(), labels=split.labels.numpy(), theta=theta.numpy(), hidden=[width] * depth)
    return {"seconds": time.perf_counter() - began}


def _product(path: str) -> tuple[Curvature, torch.Tensor]:
    """Return products, and theta."""
    with np.load(path) as saved:
        images, labels, theta = (torch.from_numpy(saved[name]) for name in ("images", "labels", "theta"))
        network = NetworkFunction(mlp((1, 28, 28), 10, width=int(saved["hidden"][0])))
    return hessian(network, theta, images, labels), theta


def _best_in_turn(repeats: int, *works: Callable[[], object]) -> list[float]:
    """Return the shortest time of each work; all are done in turn, once to warm up, so that load strikes them alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(1 + repeats):
        for work, its in zip(works, times, strict=True):
            began = time.perf_counter()
            work()
            its.append(time.perf_counter() - began)
    return [min(its[1:]) for its in times]


def products(path: str, block: int, repeats: int) -> dict[str, float]:
    """Return the seconds per vector of products with a block, the same at the product rate, and a norm."""
    product, theta = _product(path)
    vectors = torch.ones(block, len(theta), dtype=theta.dtype)
    with fast_float32(torch.get_num_threads()):
        seconds, bound = _best_in_turn(repeats, lambda: product(vectors), _products_alone(path, block))
    return {
        "seconds": seconds / block,
        "limit_ms": 1e3 * bound / block,
        "share_of_limit": bound / seconds,
        "norm": float(torch.linalg.vector_norm(product(vectors)[0])),
    }


def _products_alone(path: str, block: int) -> Callable[[], None]:
    """Return the matrix products that a product with a block consists of, and nothing else."""
    with np.load(path) as saved:
        images, theta = (torch.from_numpy(saved[name]) for name in ("images", "theta"))
        sizes = [len(used_columns(images)), *saved["hidden"].tolist(), 10]
    passes = -(-len(images) // IMAGES_PER_PASS)
    of_layers = []
    for index, (inputs, units) in enumerate(pairwise(sizes)):
        rows = torch.rand(IMAGES_PER_PASS * (block if index else 1), inputs, dtype=theta.dtype)
        weight = torch.rand(units * (1 if index else block), inputs, dtype=theta.dtype)
        of_layers.append((rows, weight, STEPS_OF_LAYERS if index else 2))

    def work() -> None:
        for _ in range(passes):
            for rows, weight, count in of_layers:
                for _ in range(count):
                    linear(rows, weight)

    return work


def spectrum(path: str, steps: int, probes: int) -> dict[str, float]:
    """Return the seconds of a spectral density, and how many Ritz values are within 1e-3 of the largest."""
    began = time.perf_counter()
    product, theta = _product(path)
    config = HessianConfig(method="lanczos", steps=steps, probes=probes)
    found = measured_spectrum(product, theta, config, 0)
    points = torch.linspace(float(found.ritz.values[0]), float(found.ritz.values[-1]), 1024, dtype=torch.float64)
    broadened(found.rule, points, float(points[-1] - points[0]) / 200)
    seconds = time.perf_counter() - began
    values = found.ritz.values
    return {"seconds": seconds, "copies_of_largest": float((values >= values.max() * (1 - 1e-3)).sum())}
