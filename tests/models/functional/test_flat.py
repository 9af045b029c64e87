"""Parameters in one vector and back."""

import pytest
import torch
from torch import nn

from geomgen.models.functional.flat import FlatLayout
from tests.models.functional.networks import KINDS, problem


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alignment", [1, 32])
def test_a_vector_goes_there_and_back(kind: str, alignment: int) -> None:
    model = problem(kind).model
    layout = FlatLayout.of(model, alignment)
    vector = layout.vector(model.state_dict())
    assert list(layout.named(vector)) == [name for name, _ in model.named_parameters()]
    for name, view in layout.named(vector).items():
        assert torch.equal(view, model.get_parameter(name))
        assert view.storage_offset() % alignment == 0
    layout.load(2 * vector, model)
    assert torch.equal(layout.vector(model.state_dict()), 2 * vector)


def test_without_alignment_parameters_stand_end_to_end() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    layout = FlatLayout.of(model)
    joined = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    assert torch.equal(layout.vector(model.state_dict()), joined)
    assert layout.size == 13


def test_views_of_many_vectors_have_a_leading_dimension() -> None:
    layout = FlatLayout.of(nn.Linear(5, 7), 32)
    weight, bias = layout.views(torch.arange(3 * layout.size).reshape(3, -1))
    assert (weight.shape, bias.shape) == ((3, 7, 5), (3, 7))
    assert int(bias[1, 0]) == layout.size + 64
