"""Chains against the exact law of an Ornstein-Uhlenbeck process, and traces against dense Hessians."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from geomgen.config.architecture import ArchitectureConfig
from geomgen.config.diffusion import DiffusionConfig
from geomgen.data.dataset import Split
from geomgen.measures.diffusion import NOISELESS, Start, Temperature, follow, hessian_trace, rows
from geomgen.models.build import build_model
from geomgen.models.functional.loss import squared_error
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import hessian
from geomgen.numerics.dense import dense_matrix
from geomgen.numerics.seeds import generator
from geomgen.numerics.spectrum import random_signs

CURVATURES = torch.tensor([0.5, 2.0, 8.0], dtype=torch.float64)
STEP, N_BETA = 0.05, 100.0


def network(activation: str = "square") -> NetworkFunction:
    config = ArchitectureConfig(hidden=(4,), activation=activation).filled()
    return NetworkFunction(build_model(config, (1, 2, 3), 3, generator(0, "test")), loss=squared_error)


def start() -> Start:
    images = torch.rand(8, 1, 2, 3, generator=generator(1, "test"))
    split = Split(images, torch.arange(8) % 3)
    return Start("final", network(), split, split, seed=3)


def quadratic(positions: Tensor) -> Tensor:
    return positions * CURVATURES


def test_chains_have_the_exact_variance_of_their_step_and_the_noiseless_one_decays() -> None:
    """Each coordinate is an autoregression with factor 1 - h a; in K chains z of its variance is normal."""
    num_chains, num_steps = 4000, 60
    chains = [Temperature(NOISELESS, 1, generator(0, "none")), Temperature(N_BETA, num_chains, generator(0, "noise"))]
    *_, last = follow(quadratic, torch.ones(3, dtype=torch.float64), chains, STEP, num_steps)
    factor = 1 - STEP * CURVATURES
    torch.testing.assert_close(last[0], factor**num_steps)
    exact = 2 * STEP / N_BETA * (1 - factor ** (2 * num_steps)) / (1 - factor**2)
    centred = last[1:] - factor**num_steps
    deviations = (centred.square().mean(0) / exact - 1) / math.sqrt(2 / num_chains)
    assert (deviations.abs() < 5).all()
    assert ((centred.mean(0) / (exact / num_chains).sqrt()).abs() < 5).all()


@pytest.mark.parametrize("activation", ["square", "relu", "tanh"])
def test_the_trace_is_that_of_the_dense_hessian(activation: str) -> None:
    function, images, labels = network(activation), start().train.images.double(), start().train.labels
    theta = function.parameters().double()
    exact = float(dense_matrix(hessian(function, theta, images, labels), len(theta)).trace())
    probes = random_signs(400, len(theta), generator(0, "probes"))
    found = hessian_trace(function, theta, images, labels, probes)
    assert (found.stderr == 0) == (activation == "relu")
    assert abs(found.value - exact) <= 5 * found.stderr + 1e-12 * abs(exact)


def test_rows_of_every_chain_at_every_recorded_step() -> None:
    config = DiffusionConfig(n_beta=(100.0, 1e4), chains=2, steps=4, interval=2, probes=4)
    done: list[int] = []
    found = rows(config, start(), done.append)
    assert done == [0, 1, 2, 3, 4]
    assert [(row.step, row.n_beta, row.chain) for row in found[:5]] == [
        (0, NOISELESS, 0), (0, 100.0, 0), (0, 100.0, 1), (0, 1e4, 0), (0, 1e4, 1),
    ]  # fmt: skip
    assert len(found) == 3 * 5
    assert {row.distance for row in found[:5]} == {0.0}
    assert len({row.hessian_trace for row in found[:5]}) == 1
    assert all(row.train_loss == row.test_loss for row in found)
    assert all(row.distance > 0 and not row.diverged for row in found[5:])


def test_other_chains_make_no_difference() -> None:
    config = DiffusionConfig(n_beta=(100.0,), steps=3, interval=3, probes=2)
    both = rows(replace(config, n_beta=(1e4, 100.0)), start(), lambda _step: None)
    alone = rows(config, start(), lambda _step: None)
    of_both = [row.distance for row in both if row.n_beta == 100.0]
    assert of_both == pytest.approx([row.distance for row in alone if row.n_beta == 100.0], rel=1e-5)


def test_a_chain_that_diverges_is_recorded_as_such() -> None:
    config = DiffusionConfig(time_step=1e6, steps=40, interval=20, probes=2)
    found = rows(config, start(), lambda _step: None)
    assert [row.diverged for row in found] == [False, False, True, True, True, True]
    assert {row.hessian_trace for row in found if row.diverged} == {None}
