"""Points of the optimal set: traces by autograd, volumes in closed form, and chains against draws that fit."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from geomgen.config.posterior import PosteriorConfig
from geomgen.data.targets import target_of
from geomgen.measures import slice_chains
from geomgen.measures.optimal_set_points import NEIGHBOURS, NOISE, OptimalSetPoints
from geomgen.measures.posterior import Posterior
from geomgen.models.flat_networks import FlatNetworks
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator
from geomgen.progress import silent


def _points(**options: Any) -> OptimalSetPoints:
    config = PosteriorConfig(**{"inputs": 3, "sigma_b": 0.4, "threads": 1, **options}).filled()
    target = target_of(config, generator(config.seed, "target"))
    return OptimalSetPoints(RandomNetworks(target.inputs, config), target, config)


@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
def test_the_trace_of_relu_networks_is_that_of_their_hessian(loss: str) -> None:
    points = _points(hidden="4", train_size=4, loss=loss)
    flat = points.networks.parameters(generator(0, "test"), 3).double()
    target = points.target._replace(inputs=points.target.inputs.double())
    found = OptimalSetPoints(points.networks, target, points.config).traces(flat)
    shape = FlatNetworks(points.networks.layers, True, "relu")
    signs, known = target.values[target.known] * 2.0 - 1, target.inputs[target.known].T

    def mean_loss(one: torch.Tensor) -> torch.Tensor:
        outputs = shape.outputs(one[None], known)[0]
        each = (outputs - signs).square() if loss == "mse" else torch.nn.functional.softplus(-signs * outputs)
        return each.mean()

    for one, trace in zip(flat, found, strict=True):
        hessian = torch.autograd.functional.hessian(mean_loss, one)
        assert trace == pytest.approx(float(torch.trace(hessian)), rel=1e-9)


def test_the_volume_around_a_perceptron_is_a_normal_probability() -> None:
    points = _points(hidden="none", train_size=1)
    known = points.target.inputs[points.target.known][0]
    network = 0.3 * points.networks.standard_deviations()
    output = float(network[:3] @ known + network[3])
    std = NOISE * math.sqrt(float(known.square().sum()) / 3 + 0.4**2)
    sign = 1 if points.target.values[points.target.known] else -1
    chance = 0.5 * math.erfc(-sign * output / std / math.sqrt(2))
    found = [math.exp(points.log_volume(network, generator(0, "test", trial))) for trial in range(50)]
    stderr = math.sqrt(chance * (1 - chance) / NEIGHBOURS / 50)
    assert abs(np.mean(found) - chance) < 5 * stderr + 1 / NEIGHBOURS


def test_the_ends_of_chains_are_networks_of_the_prior_that_fit() -> None:
    points = _points(hidden="10", train_size=3, optimal_points=100, samples=1000, sampler="rejection")
    networks, mixing = points.drawn(silent)
    assert mixing.is_mixed
    drawn = points.test_errors(networks).numpy()
    target = points.target
    exact = Posterior(points.networks, target.values, target.known, points.config).sample(silent).functions
    errors = (exact != target.values.numpy())[:, ~target.known.numpy()].mean(1)
    assert abs(drawn.mean() - errors.mean()) < 5 * math.hypot(
        drawn.std() / math.sqrt(100), errors.std() / math.sqrt(1000)
    )
    assert drawn.std() == pytest.approx(errors.std(), rel=5 / math.sqrt(2 * 100))


def test_rows_are_of_both_laws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slice_chains, "STEPS_PER_DRAW", (1,))
    points = _points(hidden="5", train_size=3, optimal_points=3)
    rows = points.rows(points.networks.parameters(generator(0, "test"), 2), silent)
    assert [(row.law, row.network) for row in rows] == [
        *(("trained", n) for n in (0, 1)),
        *(("drawn", n) for n in (0, 1, 2)),
    ]
    assert all(row.log_volume_nats <= 0 for row in rows)
    assert all((row.r_hat, row.effective_samples, row.converged) == (None, None, None) for row in rows[:2])
    drawn = [(row.r_hat or 0.0, row.effective_samples or 0.0, row.converged) for row in rows[2:]]
    assert all(r_hat > 0 and converged == (r_hat <= 1.05 and size >= 100) for r_hat, size, converged in drawn)
