"""Regions around a network's parameters: their change, their products and their units."""

import pytest
import torch

from geomgen.measures import region as module
from geomgen.measures.region import region_of_network
from geomgen.numerics.dense import dense_matrix
from tests.measures.test_parameter_volume import linear_state


@pytest.mark.parametrize("behaviour", ["kl", "loss"])
def test_second_derivatives_are_those_of_the_change(behaviour: str) -> None:
    at = linear_state()
    region = region_of_network(at, behaviour, None)
    wanted = torch.autograd.functional.hessian(lambda point: region.change(point[None])[0], at.theta)
    torch.testing.assert_close(dense_matrix(region.second_derivatives(), 12), wanted, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(region.diagonal(), dense_matrix(region.bends_at(at.theta), 12).diagonal())
    assert float(region.change(at.theta[None])) == pytest.approx(0, abs=1e-15)


def test_units_are_the_priors_and_passes_bound_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    at = linear_state()
    region = region_of_network(at, "kl", torch.full_like(at.theta, 0.5))
    assert region.unit.tolist() == [0.5] * 12
    assert region_of_network(at, "kl", None).unit.tolist() == [1.0] * 12
    monkeypatch.setattr(module, "BLOCK_NUMEL", 1000)
    assert region.points_per_pass == 1000 // (30 * (3 + 1))
    assert (region.state, region.gauge, region.num_samples) == ("final", "as-is", 30)
