"""Potentials: gradients, minima, and the laws that their coefficients are known for."""

import pytest
import torch

from geomgen.config.llc import LlcConfig, known
from geomgen.config.potential import TAKEN_BY
from geomgen.measures.potentials import POTENTIALS


@pytest.mark.parametrize("name", POTENTIALS)
def test_gradients_are_those_of_differences_and_the_centre_is_a_minimum(name: str) -> None:
    dimensions = 3 if name in TAKEN_BY["dimensions"] else LlcConfig.dimensions
    potential = POTENTIALS[name](LlcConfig(potential=name, dimensions=dimensions).filled())
    source = torch.Generator().manual_seed(0)
    points = potential.centre + 0.3 * torch.randn(5, len(potential.centre), generator=source, dtype=torch.float64)
    _, gradients = potential.loss_and_gradient(points)
    for index in range(len(potential.centre)):
        shift = torch.zeros_like(potential.centre)
        shift[index] = 1e-6
        slope = (potential.loss(points + shift) - potential.loss(points - shift)) / 2e-6
        torch.testing.assert_close(gradients[:, index], slope, rtol=1e-6, atol=1e-7)
    at_centre, slope = potential.loss_and_gradient(potential.centre[None])
    assert float(slope.abs().max()) < 1e-2  # of two basins, the other's tail
    assert (potential.loss(points) >= at_centre - 1e-2).all()


def test_curvatures_are_the_quadratics() -> None:
    config = LlcConfig(potential="quadratic", curvatures=(0.5, 3.0, 2.0)).filled()
    assert POTENTIALS["quadratic"](config).curvatures().tolist() == pytest.approx([0.5, 2, 3])


def test_two_basins_are_a_mixture_of_gaussians_whatever_their_depths() -> None:
    """Its integral and the first one's share, on a grid, are those of the two Gaussians."""
    config = LlcConfig(
        potential="two-basins", curvatures=(1.0, 2.0), other_curvatures=(4.0, 1.0), depth_difference=0.02, n_beta=50.0
    ).filled()
    potential, n_beta = POTENTIALS["two-basins"](config), known(config.n_beta)
    axis = torch.linspace(-1.2, 1.8, 600, dtype=torch.float64)
    points = torch.cartesian_prod(axis, axis)
    density = (-n_beta * potential.loss(points)).exp() * float(axis[1] - axis[0]) ** 2
    assert potential.occupied is not None
    first = 2 * torch.pi / n_beta / 2**0.5 * torch.tensor(-n_beta * 0.02).exp()
    second = 2 * torch.pi / n_beta / 2
    torch.testing.assert_close(float((density * potential.occupied(points)).sum()), float(first), rtol=1e-6, atol=0)
    torch.testing.assert_close(float(density.sum()), float(first + second), rtol=1e-6, atol=0)
