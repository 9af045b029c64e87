"""What others would use for curvature and Langevin chains, in an environment of their own.

``python peers.py spectrum '{"path": ...}'`` prints what the function returns as one line of JSON. It stands alone:
nothing of geomgen is installed beside it.
"""

import json
import math
import sys
import time
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

Problem = tuple[nn.Module, Tensor, Tensor, list[nn.Parameter]]


def _problem(path: str) -> Problem:
    """Return the network, images and labels that geomgen saved."""
    with np.load(path) as saved:
        images, labels, theta = (torch.from_numpy(saved[name]) for name in ("images", "labels", "theta"))
    sizes = [784, *np.load(path)["hidden"].tolist(), 10]
    layers: list[nn.Module] = [nn.Flatten()]
    for index, (inputs, units) in enumerate(pairwise(sizes)):
        layers += [*[nn.ReLU()] * bool(index), nn.Linear(inputs, units)]
    model = nn.Sequential(*layers).to(theta.dtype)
    nn.utils.vector_to_parameters(theta, model.parameters())
    return model, images, labels, list(model.parameters())


def _best(work: Callable[[], Any], repeats: int) -> float:
    """Return the shortest time of work that has been done once before."""
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def products(path: str, block: int, repeats: int) -> dict[str, float]:
    """Return the seconds per vector of the fastest route, those of each, and the norm of a product."""
    from curvlinops import HessianLinearOperator
    from pyhessian import hessian
    from pyhessian.utils import hessian_vector_product

    model, images, labels, parameters = _problem(path)
    loss = nn.CrossEntropyLoss()
    dim = sum(parameter.numel() for parameter in parameters)
    vectors = torch.ones(dim, block, dtype=parameters[0].dtype)
    operator = HessianLinearOperator(model, loss, parameters, [(images, labels)], check_deterministic=False)
    kept = hessian(model, loss, data=(images, labels), cuda=False)
    sizes = [parameter.numel() for parameter in parameters]
    split = [part.view_as(one) for part, one in zip(vectors[:, 0].split(sizes), parameters, strict=True)]

    def by_pyhessian() -> None:
        for _ in range(block):
            hessian_vector_product(kept.gradsH, kept.params, split)

    curvlinops_s, pyhessian_s = _best(lambda: operator @ vectors, repeats), _best(by_pyhessian, repeats)
    return {
        "seconds": min(curvlinops_s, pyhessian_s) / block,
        "curvlinops_ms": 1e3 * curvlinops_s / block,
        "pyhessian_ms": 1e3 * pyhessian_s / block,
        "norm": float(torch.linalg.vector_norm((operator @ vectors)[:, 0])),
    }


def spectrum(path: str, steps: int, probes: int) -> dict[str, float]:
    """Return the seconds of a spectral density, and how many Ritz values are within 1e-3 of the largest."""
    from curvlinops import HessianLinearOperator
    from curvlinops.papyan2020traces.spectrum import fast_lanczos, lanczos_approximate_spectrum

    model, images, labels, parameters = _problem(path)
    operator = HessianLinearOperator(
        model, nn.CrossEntropyLoss(), parameters, [(images, labels)], check_deterministic=False
    )
    began = time.perf_counter()
    lanczos_approximate_spectrum(operator, steps, num_repeats=probes)
    seconds = time.perf_counter() - began
    values, _ = fast_lanczos(operator, steps)
    return {"seconds": seconds, "copies_of_largest": float((values >= values.max() * (1 - 1e-3)).sum())}


class _Batched(TensorDataset):
    """Images that a loader takes by the batch, and not one by one."""

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, ...]:
        batch: tuple[Tensor, ...] = self[indices]
        return batch


def chain_steps(path: str, num_chains: int, batch_size: int, num_draws: int, step: float) -> dict[str, float]:
    """Return the seconds per step of a chain with torch's loader, those with one of batches, and lambda so far."""
    model, images, labels, _ = _problem(path)
    usual = DataLoader(TensorDataset(images, labels), batch_size, shuffle=True)
    by_batch = DataLoader(_Batched(images, labels), batch_size, shuffle=True, collate_fn=lambda batch: batch)
    seconds, llc = _sampled(model, usual, num_chains, num_draws, step)
    return {"seconds": seconds, "llc": llc, "by_batch_s": _sampled(model, by_batch, num_chains, num_draws, step)[0]}


def _sampled(
    model: nn.Module, loader: DataLoader[Any], num_chains: int, num_draws: int, step: float
) -> tuple[float, float]:
    """Return the seconds of one step of one chain, and lambda."""
    from devinterp.optim.sgld import SGLD
    from devinterp.slt.llc import LLCEstimator
    from devinterp.slt.sampler import sample

    images, labels = loader.dataset.tensors  # type: ignore[attr-defined]
    nbeta = len(images) / math.log(len(images))
    with torch.no_grad():
        reference = float(nn.functional.cross_entropy(model(images), labels))
    estimator = LLCEstimator(num_chains, num_draws, reference, nbeta=nbeta)
    began = time.perf_counter()
    sample(
        model, loader, [estimator],
        evaluate=lambda network, batch: nn.functional.cross_entropy(network(batch[0]), batch[1]),
        sampling_method=SGLD, optimizer_kwargs={"lr": step, "nbeta": nbeta, "localization": 100.0},
        num_draws=num_draws, num_chains=num_chains, init_loss=reference, verbose=False,
    )  # fmt: skip
    seconds = (time.perf_counter() - began) / (num_chains * num_draws)
    return seconds, float(estimator.get_results()["llc/mean"])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    _, function, arguments = sys.argv
    sys.stdout.write(json.dumps(globals()[function](**json.loads(arguments))) + "\n")
