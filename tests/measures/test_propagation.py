"""What theory expects of layers against drawn networks: mean squares, exact at any width, by z-tests."""

from typing import Any

import numpy as np
import pytest

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.measures.activations import activations
from geomgen.measures.layer_statistics import layer_statistics
from geomgen.measures.propagation import expected_layers, linear_maps
from geomgen.models.build import build_model
from geomgen.models.layers import Network
from geomgen.numerics.seeds import generator

NUM_NETWORKS = 60


def _config(**options: Any) -> TrainConfig:
    return TrainConfig(**({"depth": 3} | options)).resolved(device="cpu", threads=1)


def _network(config: TrainConfig, dataset: Dataset, seed: int = 0) -> Network:
    return build_model(config, dataset.input_shape, dataset.num_classes, generator(seed, "initial-parameters"))


@pytest.mark.parametrize(
    "options",
    [
        {}, {"init": "he"}, {"init": "xavier"}, {"init": "scaled:2"}, {"init": "orthogonal"},
        {"init": "normal", "sigma_w": 1.2, "sigma_b": 0.5}, {"init": "he", "bias": False},
    ],
)  # fmt: skip
def test_the_distribution_of_weights(dataset: Dataset, options: dict[str, Any]) -> None:
    config = _config(width=200, residual=True, depth_scaling=True, **options)
    model = _network(config, dataset)
    layers = model.layers()
    for one, layer in zip(linear_maps(config, [layer.weight for layer in layers]), layers, strict=True):
        weight = layer.weight
        assert weight is not None
        assert (one.fan_out, one.fan_in) == weight.shape
        assert one.weight_variance == pytest.approx(
            float(weight.detach().square().mean()), rel=5 * (2 / weight.numel()) ** 0.5
        )
    assert [one.is_added for one in linear_maps(config, [layer.weight for layer in layers])] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("options", [{}, {"init": "he"}, {"init": "xavier", "depth": 8}])
def test_variances_of_networks_at_any_width(dataset: Dataset, options: dict[str, Any]) -> None:
    config = _config(width=20, **options)
    expected = expected_layers(config, _network(config, dataset), dataset.test.images)
    found = {name: list[float]() for name in expected}
    for seed in range(NUM_NETWORKS):
        model = _network(config, dataset, seed)
        for name, outputs in activations(model, model.layers(), "pre", dataset.test.images).items():
            found[name].append(float(outputs.square().mean()))
    for name, values in found.items():
        error = np.std(values, ddof=1) / len(values) ** 0.5
        assert abs(np.mean(values) - expected[name].variance) < 5 * error


@pytest.mark.parametrize("options", [{"init": "he"}, {"init": "he", "residual": True, "depth_scaling": True}])
def test_wide_networks_have_these_cosines_and_gradients(dataset: Dataset, options: dict[str, Any]) -> None:
    """Relative errors of mean squares over units are some width^-1/2."""
    config = _config(width=600, **options)
    model = _network(config, dataset)
    expected = expected_layers(config, model, dataset.test.images)
    rows = layer_statistics(model, model.layers(), "initial", dataset.test.images, dataset.train, 64, expected=expected)
    for row in rows[:-1]:
        assert row.expected_cosine_mean == pytest.approx(row.cosine_mean, abs=0.03)
        assert row.expected_pre_variance == pytest.approx(row.pre_variance, rel=0.2)
        assert row.expected_backward_mean_square == pytest.approx(row.backward_mean_square, rel=0.3)


@pytest.mark.parametrize("options", [{"activation": "tanh"}, {"layer_norm": True}, {"arch": "lenet5", "depth": None}])
def test_of_other_networks_nothing_is_expected(dataset: Dataset, options: dict[str, Any]) -> None:
    config = _config(width=12, **options)
    assert expected_layers(config, _network(_config(width=12), dataset), dataset.test.images) == {}
