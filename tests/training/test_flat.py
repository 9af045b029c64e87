"""Parameters as views of one vector."""

import torch
from torch import nn

from geomgen.training.flat import ALIGNED_NUMEL, FlatParameters, gather


def test_a_network_computes_the_same_and_follows_its_vector() -> None:
    model, inputs = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)), torch.randn(4, 5)
    before, expected = [parameter.detach().clone() for parameter in model.parameters()], model(inputs)
    flat = FlatParameters(model)
    assert torch.equal(model(inputs), expected)
    flat.vector.mul_(2)
    for parameter, old in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter, 2 * old)


def test_views_are_aligned_and_gaps_stay_zero() -> None:
    flat = FlatParameters(nn.Linear(5, 7))
    assert all(view.storage_offset() % ALIGNED_NUMEL == 0 for view in flat.layout.views(flat.vector))
    assert int(flat.vector.count_nonzero()) == 5 * 7 + 7


def test_gathering_copies_only_what_stands_elsewhere() -> None:
    flat = FlatParameters(nn.Linear(5, 7))
    gradient = torch.zeros_like(flat.vector)
    weight, bias = flat.layout.views(gradient)
    weight.fill_(1)
    gather([weight, bias], [weight, torch.full((7,), 2.0)])
    assert gradient.sum() == 35 + 14
