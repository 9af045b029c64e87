"""Cosines at infinite width against the covariances written out, and against the means of drawn networks."""

from typing import Any

import numpy as np
import pytest

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.measures.activations import activations
from geomgen.measures.infinite_width import InfiniteWidth, infinite_width
from geomgen.measures.propagation import linear_maps
from geomgen.models.build import build_model
from geomgen.models.layers import Network
from geomgen.numerics.seeds import generator
from geomgen.theory.network_kernel import cosines
from geomgen.theory.propagation import covariances

WIDTH, NETWORKS = 1500, 6
NUM_IMAGES = 40
ALL = slice(0, NUM_IMAGES)
FLOAT32 = 1e-5


def _config(**options: Any) -> TrainConfig:
    return TrainConfig(**({"width": 20, "depth": 3} | options)).resolved(device="cpu", threads=1)


def _network(config: TrainConfig, dataset: Dataset, seed: int = 0) -> Network:
    return build_model(config, dataset.input_shape, dataset.num_classes, generator(seed, "initial-parameters"))


def _limit(config: TrainConfig, dataset: Dataset, layer: str, site: str) -> InfiniteWidth:
    layers = _network(config, dataset).layers()
    found = infinite_width(config, layers, layer, site, dataset.test.images[:NUM_IMAGES])
    assert found is not None
    return found


def _cosine(outputs: np.ndarray) -> np.ndarray:
    squares = (outputs**2).sum(1)
    return cosines(outputs @ outputs.T, squares[:, None], squares)


@pytest.mark.parametrize("options", [{}, {"init": "he"}, {"init": "he", "residual": True, "depth_scaling": True}])
@pytest.mark.parametrize("place", [0, 2, 3])
def test_blocks_are_those_of_the_covariance_of_all_images(
    dataset: Dataset, options: dict[str, Any], place: int
) -> None:
    config = _config(**options)
    layers = _network(config, dataset).layers()
    inputs = as_float(dataset.test.images[:NUM_IMAGES]).flatten(1).double().numpy()
    kernel = list(covariances(inputs, linear_maps(config, [layer.weight for layer in layers])))[place]
    variance = np.diag(kernel)
    rows, columns = slice(5, 12), slice(12, 40)
    found = _limit(config, dataset, layers[place].name, "pre")(rows, columns).numpy()
    assert found == pytest.approx(cosines(kernel, variance[:, None], variance)[rows, columns], abs=FLOAT32)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"init": "normal", "sigma_w": 1.5, "sigma_b": 0.5}, {"bias": False}, {"layer_norm": True},
        {"activation": "square"}, {"activation": "identity"}, {"layer_norm": True, "residual": True},
    ],
)  # fmt: skip
@pytest.mark.parametrize("site", ["pre", "post"])
def test_wide_networks_have_these_cosines(dataset: Dataset, options: dict[str, Any], site: str) -> None:
    """Mean cosines over pairs are within 5 of their standard errors over networks, and 1/width of what width adds."""
    config = _config(width=WIDTH, depth=2, **options)
    expected = _limit(config, dataset, "hidden2", site)(ALL, ALL).numpy()
    found = []
    for seed in range(NETWORKS):
        model = _network(config, dataset, seed)
        layers = [layer for layer in model.layers() if layer.name == "hidden2"]
        outputs = activations(model, layers, site, dataset.test.images[:NUM_IMAGES])["hidden2"]
        found.append(_cosine(outputs.double().numpy()))
    errors = np.std([one.mean() for one in found], ddof=1) / NETWORKS**0.5
    assert abs(np.mean(found) - expected.mean()) < 5 * errors + 10 / WIDTH
    assert np.sqrt(np.mean((np.mean(found, 0) - expected) ** 2)) < 5 / (WIDTH * NETWORKS) ** 0.5 + 10 / WIDTH


def test_the_logits_pass_through_no_activation(dataset: Dataset) -> None:
    before, after = (_limit(_config(), dataset, "output", site)(ALL, ALL) for site in ("pre", "post"))
    assert before.equal(after)


@pytest.mark.parametrize(
    "options", [{"activation": "tanh"}, {"batch_norm": True}, {"arch": "lenet5", "depth": None, "width": 12}]
)
def test_of_other_networks_it_is_not_known(dataset: Dataset, options: dict[str, Any]) -> None:
    config = _config(**options)
    layers = _network(_config(), dataset).layers()
    assert infinite_width(config, layers, "hidden2", "pre", dataset.test.images) is None
