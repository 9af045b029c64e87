"""Networks of one output, all at once: as torch's own modules with the same weights."""

import pytest
import torch
from torch import nn

from geomgen.models.scalar_networks import ScalarNetworks


@pytest.mark.parametrize("sigma_b", [0.0, 0.3])
def test_outputs_are_those_of_modules(sigma_b: float) -> None:
    inputs = torch.randn(4, 3, dtype=torch.float64)
    networks = ScalarNetworks(inputs, (5, 2), "tanh", 1.5, sigma_b)
    points = torch.randn(6, len(networks.std), dtype=torch.float64)
    found = networks.outputs(points, inputs)
    for point, wanted in zip(points * networks.std, found, strict=True):
        module = nn.Sequential(
            nn.Linear(3, 5, bool(sigma_b)), nn.Tanh(), nn.Linear(5, 2, bool(sigma_b)), nn.Tanh(),
            nn.Linear(2, 1, bool(sigma_b)),
        ).double()  # fmt: skip
        nn.utils.vector_to_parameters(point, module.parameters())
        assert torch.allclose(module(inputs).squeeze(1), wanted)


@pytest.mark.parametrize("sigma_b", [0.0, 0.3])
@pytest.mark.parametrize("hidden", [(), (5,), (5, 2)])
def test_jacobians_are_those_of_autograd(sigma_b: float, hidden: tuple[int, ...]) -> None:
    inputs = torch.randn(4, 3, dtype=torch.float64)
    networks = ScalarNetworks(inputs, hidden, "gelu", 1.5, sigma_b)
    points = torch.randn(6, len(networks.std), dtype=torch.float64)
    outputs, rows = networks.jacobian(points, inputs)
    torch.testing.assert_close(outputs, networks.outputs(points, inputs))
    for point, mine in zip(points, rows, strict=True):
        wanted = torch.func.jacrev(lambda z: networks.outputs(z[None], inputs)[0])(point)
        torch.testing.assert_close(mine, wanted)


def test_parameters_have_the_deviations_of_their_prior() -> None:
    networks = ScalarNetworks(torch.zeros(2, 4, dtype=torch.float64), (9,), "tanh", 2.0, 0.5)
    assert networks.std.tolist() == [1.0] * 36 + [0.5] * 9 + [2 / 3] * 9 + [0.5]
    plain = ScalarNetworks(torch.zeros(2, 4, dtype=torch.float64), (9,), "tanh", 2.0, 0.0)
    assert plain.std.tolist() == [1.0] * 36 + [2 / 3] * 9
