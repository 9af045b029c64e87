"""The kernel of infinitely wide networks against its cosine map, and against wide networks."""

import math

import numpy as np
import pytest

from geomgen.config.random_networks import RandomNetworkConfig
from geomgen.data.boolean import boolean_inputs
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator
from geomgen.theory.network_kernel import relu_moments, relu_network_kernel


@pytest.mark.parametrize("cosine", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_the_map_of_cosines(cosine: float) -> None:
    moments = relu_moments(np.array([[1, cosine], [cosine, 1]]))
    expected = (math.sqrt(1 - cosine**2) + cosine * (math.pi - math.acos(cosine))) / math.pi
    assert np.diag(moments).tolist() == pytest.approx([0.5, 0.5])
    assert moments[0, 1] / moments[0, 0] == pytest.approx(expected)


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
