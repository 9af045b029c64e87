"""The kernel of infinitely wide networks against its cosine map, and against wide networks."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from geomgen.config.random_networks import RandomNetworkConfig
from geomgen.data.boolean import boolean_inputs
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator
from geomgen.theory.network_kernel import MOMENTS, normalised, relu_moments, relu_network_kernel


@pytest.mark.parametrize("cosine", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_the_map_of_cosines(cosine: float) -> None:
    moments = relu_moments(np.array([[1, cosine], [cosine, 1]]), np.ones((2, 1)), np.ones(2))
    expected = (math.sqrt(1 - cosine**2) + cosine * (math.pi - math.acos(cosine))) / math.pi
    assert np.diag(moments).tolist() == pytest.approx([0.5, 0.5])
    assert moments[0, 1] / moments[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("activation", MOMENTS)
@pytest.mark.parametrize(("left", "right", "cosine"), [(1.0, 1.0, 0.3), (0.5, 4.0, -0.8), (2.0, 0.1, 0.0)])
def test_moments_are_those_of_drawn_pairs(activation: str, left: float, right: float, cosine: float) -> None:
    functions: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "relu": lambda u: np.maximum(u, 0), "square": np.square, "identity": np.asarray,
    }  # fmt: skip
    f = functions[activation]
    u, v = np.random.default_rng(0).normal(size=(2, 200_000))
    one, two = math.sqrt(left) * u, math.sqrt(right) * (cosine * u + math.sqrt(1 - cosine**2) * v)
    products = f(one) * f(two)
    variances = np.array([left]), np.array([right])
    found = MOMENTS[activation](np.array([cosine * math.sqrt(left * right)]), *variances)
    assert abs(products.mean() - found[0]) < 5 * products.std() / len(u) ** 0.5


def test_normalised_moments_depend_on_the_cosine_alone() -> None:
    kernel, variance = np.array([[4.0, 1.0], [1.0, 0.25]]), np.array([4.0, 0.25])
    found = normalised(relu_moments)(kernel, variance[:, None], variance)
    assert found == pytest.approx(np.full((2, 2), 0.5))


def test_an_input_of_zeros_has_no_variance() -> None:
    assert relu_network_kernel(np.array([[0.0, 0.0], [1.0, 1.0]]), 1, 1.0, 0.0).tolist() == [[0, 0], [0, 0.5]]


def test_wide_networks_have_this_covariance() -> None:
    config = RandomNetworkConfig(inputs=3, hidden="100,100", sigma_w=1.3, sigma_b=0.4).filled()
    networks = RandomNetworks(boolean_inputs(3), config)
    outputs = np.concatenate([networks.outputs(generator(0, "test", block)).numpy() for block in range(400)])
    expected = relu_network_kernel(networks.inputs.double().numpy(), 2, 1.3, 0.4)
    products = outputs[:, :, None].astype(float) * outputs[:, None]
    errors = (products.mean(0) - expected) / (products.std(0) / len(outputs) ** 0.5)
    assert len(outputs) > 10_000
    assert np.abs(errors).max() < 5
