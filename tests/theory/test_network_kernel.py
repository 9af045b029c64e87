"""The kernel of infinitely wide networks against its cosine map, and against wide networks."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from geomgen.config.random_networks import RandomNetworkConfig
from geomgen.data.boolean import boolean_inputs
from geomgen.models.flat_networks import FlatNetworks
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator
from geomgen.theory.network_kernel import (
    MOMENTS,
    both_positive,
    normalised,
    relu_moments,
    relu_network_kernel,
    relu_tangent_kernel,
)


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


def test_the_chance_that_both_are_positive() -> None:
    chances = both_positive(np.array([[4.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    assert chances[0].tolist() == pytest.approx([0.5, 0.25 + math.asin(0.5) / (2 * math.pi), 0.0])


@pytest.mark.parametrize(("hidden", "bias", "slack"), [("5", 1, 0.0), ("5", 0, 0.0), ("60,80", 1, 0.03)])
def test_the_mean_of_products_of_gradients_is_the_tangent_kernel(hidden: str, bias: int, slack: float) -> None:
    """With one hidden layer exactly; with two, but for what is of the order of 1/width."""
    config = RandomNetworkConfig(inputs=2, hidden=hidden, sigma_w=1.3, sigma_b=0.4 * bias, bias=bias).filled()
    networks = RandomNetworks(boolean_inputs(2), config)
    flat = networks.parameters(generator(0, "test"), 1500)
    shape = FlatNetworks(networks.layers, bool(bias), "relu")
    found = []
    for one in networks.inputs[1:]:
        own = one[None, :, None].expand(len(flat), -1, -1)
        found.append(shape.gradients(flat, own, shape.outputs(flat, own) - 0.5, "mse"))
    products = torch.einsum("inp,jnp->nij", torch.stack(found), torch.stack(found)).double().numpy()
    inputs = networks.inputs[1:].double().numpy()
    expected = relu_tangent_kernel(inputs, config.sizes, *config.sigmas, bias=bool(bias))
    errors = np.abs(products.mean(0) - expected)
    assert (errors < 5 * products.std(0) / len(flat) ** 0.5 + slack * np.abs(expected)).all()


def test_what_grows_with_the_widths_is_their_limit() -> None:
    inputs = boolean_inputs(2)[1:].double().numpy()
    wide = relu_tangent_kernel(inputs, (2, 3), 1.3, 0.4, bias=True, wide=True)
    at_width = relu_tangent_kernel(inputs, (2 * 10**9, 3 * 10**9), 1.3, 0.4, bias=True)
    np.testing.assert_allclose(at_width / 10**9, wide, rtol=1e-8)
