"""Second derivatives of what torch's fused kernels have none of, or wrong ones."""

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import hessian
from torch.func import functional_call

from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import hessian as hessian_products
from geomgen.models.functional.second_order import second_derivatives
from tests.models.functional.networks import problem

STEP = 1e-5


@pytest.mark.parametrize("kind", ["weight norm", "transformer"])
def test_products_are_differences_of_gradients(kind: str) -> None:
    model, inputs, labels = problem(kind)
    network = NetworkFunction(model)
    theta = network.parameters()
    direction = torch.randn(len(theta), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    ahead, behind = (network.gradient(theta + way * STEP * direction, inputs, labels) for way in (1, -1))
    (product,) = hessian_products(network, theta, inputs, labels)(direction[None])
    torch.testing.assert_close(product, (ahead - behind) / (2 * STEP), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dim", [0, 1])
def test_weight_normalisation_has_the_values_of_the_fused_kernel_and_the_second_derivatives_of_its_formula(
    dim: int,
) -> None:
    source = torch.Generator().manual_seed(0)
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3, bias=False).double(), dim=dim)
    inputs = torch.randn(5, 4, generator=source, dtype=torch.float64)
    size, direction = (parameter.detach() for parameter in layer.parameters())

    def energy(size: Tensor, direction: Tensor) -> Tensor:
        names = [name for name, _ in layer.named_parameters()]
        hidden: Tensor = functional_call(layer, dict(zip(names, (size, direction), strict=True)), (inputs,))
        return hidden.tanh().square().sum()

    def formula(size: Tensor, direction: Tensor) -> Tensor:
        weight = direction * (size / direction.square().sum(1 - dim, keepdim=True).sqrt())
        return (inputs @ weight.T).tanh().square().sum()

    exact = hessian(formula, (size, direction))
    with second_derivatives():
        torch.testing.assert_close(energy(size, direction), formula(size, direction))
        torch.testing.assert_close(hessian(energy, (size, direction)), exact)
    fused = hessian(energy, (size, direction))[1][1]
    assert not torch.allclose(fused, exact[1][1])  # else the kernel may be used again
