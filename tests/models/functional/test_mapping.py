"""Functions of many vectors: what torch maps, what it does not, and errors that are the function's own."""

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value

from geomgen.models.functional.mapping import mapped


def test_what_torch_cannot_map_is_done_one_by_one_with_the_same_result() -> None:
    layer = nn.GRU(3, 2, batch_first=True)
    rows = torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(0))
    weight = dict(layer.named_parameters())["weight_hh_l0"].detach()

    def energy(weight: Tensor, rows: Tensor) -> Tensor:
        return functional_call(layer, {"weight_hh_l0": weight}, (rows,))[0].square().sum()  # type: ignore[no-any-return]

    weights = torch.stack([weight, 2 * weight])
    with pytest.raises(RuntimeError, match="Batching rule"):
        torch.func.vmap(energy, (0, None))(weights, rows)
    slopes, energies = mapped(grad_and_value(energy), (0, None))(weights, rows)
    for index in range(2):
        slope, value = grad_and_value(energy)(weights[index], rows)
        torch.testing.assert_close(slopes[index], slope)
        torch.testing.assert_close(energies[index], value)
    torch.testing.assert_close(mapped(energy, (0, None))(weights, rows), energies)


def test_a_function_that_fails_alone_too_says_so_itself() -> None:
    def fails(_vector: Tensor) -> Tensor:
        raise RuntimeError("no such thing")

    with pytest.raises(RuntimeError, match="no such thing"):
        mapped(fails)(torch.ones(2, 3))
