"""Equations of networks and of a product, in coordinates of the prior and of gradient descent."""

import pytest
import torch

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.measures.equations import equations
from geomgen.numerics.surface import Linearised, System

SMALL = NearestPointConfig(inputs=3, train_size=4, width=5, networks=20)


def test_a_product_begins_where_the_text_does() -> None:
    problem = equations(NearestPointConfig(problem="product"))
    assert problem.origins.tolist() == [[2.8, 3.5]]
    assert problem.system.values(problem.origins).item() == pytest.approx(9.2)
    assert problem.outputs(problem.origins).shape == (1, 0)


@pytest.mark.parametrize("parametrisation", ["standard", "ntk"])
def test_coordinates_differ_by_the_prior_and_the_function_does_not(parametrisation: str) -> None:
    config = NearestPointConfig(inputs=3, train_size=4, width=5, networks=20, parametrisation=parametrisation)
    problem, other = equations(config), equations(SMALL)
    start = problem.origins / problem.unit
    assert torch.allclose(start, other.origins / other.unit)
    assert torch.allclose(problem.moved.values(problem.origins), other.system.values(start))
    assert torch.allclose(problem.log_prior(problem.origins), -start.square().sum(1) / 2)
    direct = Linearised.at(problem.moved, problem.origins).half_log_det
    assert torch.allclose(problem.half_log_det(Linearised.at(problem.system, start)), direct)
    for of in (problem.moved, problem.system):
        wanted = System.of(of.values).jacobian(start)
        for mine, its in zip(of.jacobian(start), wanted, strict=True):
            torch.testing.assert_close(mine, its)
    assert (problem.outputs(start).shape, problem.num_equations) == ((20, 1), 4)


def test_a_network_that_is_trained_on_all_inputs_has_no_output_left() -> None:
    problem = equations(NearestPointConfig(inputs=2, train_size=4, width=5, networks=20))
    assert problem.outputs(problem.origins).shape == (20, 0)
