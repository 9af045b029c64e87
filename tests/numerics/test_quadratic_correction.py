"""What a quadratic approximation misses of a free energy: nothing of a quadratic, known amounts of others."""

import math

import pytest
import torch
from scipy.integrate import quad
from torch import Tensor

from geomgen.numerics.quadratic_correction import Quadratic, quadratic_correction
from geomgen.numerics.seeds import generator

CURVED, CENTRES = torch.tensor([0.5, 3.0, 40.0]).double(), torch.tensor([1.0, -0.5, 0.2]).double()
AXES = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64))[0][:, :3]
PLACE = torch.tensor([0.3, 0.0, -2.0, 1.0, 5.0]).double()


@pytest.mark.parametrize("origin", [None, PLACE])
def test_a_quadratic_misses_nothing(origin: Tensor | None) -> None:
    quadratic = Quadratic(CURVED, AXES, CENTRES, origin)
    found = quadratic_correction(quadratic.at, quadratic, 0.01, generator(0, "test"))
    assert found.log_mean.value == pytest.approx(0, abs=1e-12)
    assert found.log_mean.stderr == pytest.approx(0, abs=1e-12)
    assert found.ratio == pytest.approx(1, rel=1e-12)
    assert found.is_small


@pytest.mark.parametrize("origin", [None, PLACE])
def test_draws_have_the_quadratics_mean_at_the_tolerance(origin: Tensor | None) -> None:
    """Under the normal law it is the tolerance at the saddlepoint's tilt; without one D/(2 k): |z| < 5."""
    quadratic = Quadratic(CURVED, AXES, CENTRES, origin)
    found = quadratic.at(quadratic.drawn(quadratic.weight_at(0.01), 4000, generator(0, "draws")))
    assert abs(float(found.mean()) - 0.01) < 5 * float(found.std()) / math.sqrt(4000)


def test_flat_directions_stay_at_the_origin() -> None:
    points = Quadratic(CURVED, AXES, CENTRES, PLACE).drawn(100.0, 10, generator(0, "draws"))
    flat = PLACE - AXES @ (AXES.T @ PLACE)
    torch.testing.assert_close(points - points @ AXES @ AXES.T, flat.expand(10, -1))


@pytest.mark.parametrize("quartic", [0.3, -0.02])
def test_what_a_quartic_adds_is_found(quartic: float) -> None:
    """B = q + c y^4 along one axis, with y the distance there from the centre: |z| < 5 of the integral."""
    quadratic = Quadratic(CURVED, AXES, CENTRES, PLACE)

    def change(points: Tensor) -> Tensor:
        added: Tensor = quartic * (points @ AXES[:, 0] - CENTRES[0]).pow(4)
        return quadratic.at(points) + added

    weight = quadratic.weight_at(0.1)
    above, below = (
        quad(lambda y, c: math.exp(-weight * (y**2 / 4 + c * y**4)), -3, 3, args=(added,))[0]
        for added in (quartic, 0.0)
    )
    found = quadratic_correction(change, quadratic, 0.1, generator(0, "test"))
    assert abs(found.log_mean.value - math.log(above / below)) < 5 * found.log_mean.stderr
    assert found.ratio is not None
    assert (found.ratio > 1) == (quartic > 0)


def test_a_change_without_second_derivatives_is_not_a_quadratic() -> None:
    """B = w^4 under the normal law: E exp(-w^4 / eps) of the prior alone."""
    nothing = torch.zeros(0, dtype=torch.float64)
    quadratic = Quadratic(nothing, torch.zeros(1, 0, dtype=torch.float64), nothing)
    found = quadratic_correction(lambda points: points.pow(4).sum(1), quadratic, 1e-4, generator(0, "test"))
    wanted = quad(lambda w: math.exp(-(w**4) / 1e-4 - w * w / 2) / math.sqrt(2 * math.pi), -1, 1)[0]
    assert abs(found.log_mean.value - math.log(wanted)) < 5 * found.log_mean.stderr
    assert (found.ratio, found.is_small) == (None, False)


def test_a_change_that_is_not_finite_counts_as_infinite() -> None:
    quadratic = Quadratic(CURVED, AXES, CENTRES, PLACE)
    found = quadratic_correction(lambda points: points[:, 0] * torch.nan, quadratic, 0.1, generator(0, "test"))
    assert (found.log_mean.value, found.is_small) == (-math.inf, False)
