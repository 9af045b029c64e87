"""Equations that over-parameterised models are to solve exactly, from initialisations with a normal prior."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.config.exact_fit import ExactFitConfig
from geomgen.config.nearest_point import PRODUCT, NearestPointConfig
from geomgen.data.boolean import boolean_function, boolean_inputs
from geomgen.models.scalar_networks import ScalarNetworks
from geomgen.numerics.seeds import generator
from geomgen.numerics.surface import Linearised, System, Values

PRODUCT_START, PRODUCT_TARGET = (2.8, 3.5), 0.6


@dataclass(frozen=True)
class Equations:
    """What is to be solved, and from where.

    Attributes:
        system: F(z) of coordinates z in which the prior is standard normal.
        unit: Coordinates of gradient descent and of distances are x = z unit, ``(D,)``.
        origins: x of K initialisations.
        outputs: Numbers at each z that the equations do not fix; empty if there are none.
        num_equations: N.
    """

    system: System
    unit: Float64[Tensor, " D"]
    origins: Float64[Tensor, "K D"]
    outputs: Values
    num_equations: int

    @property
    def moved(self) -> System:
        """F(x / unit)."""

        def jacobian(points: Tensor) -> tuple[Tensor, Tensor]:
            residuals, rows = self.system.jacobian(points / self.unit)
            return residuals, rows.div_(self.unit)

        return System(lambda points: self.system.values(points / self.unit), jacobian)

    def log_prior(self, points: Float64[Tensor, "K D"]) -> Float64[Tensor, " K"]:
        """Return the log prior density at x, but for a constant."""
        return -(points / self.unit).square().sum(1) / 2

    def half_log_det(self, at: Linearised) -> Float64[Tensor, " K"]:
        """Return ln sqrt(det J J') in the coordinates of gradient descent, from J in those of the prior."""
        rows = at.rows / self.unit
        found: Tensor = torch.linalg.slogdet(rows @ rows.mT)[1] / 2
        return found


def equations(config: NearestPointConfig) -> Equations:
    """Return the equations of a config and where paths to their solutions begin."""
    return _product() if config.problem == PRODUCT else equations_of(fitted(config), config)


def _product() -> Equations:
    return Equations(
        system=System.of(lambda points: (points[:, 0] * points[:, 1] - PRODUCT_TARGET)[:, None]),
        unit=torch.ones(2, dtype=torch.float64),
        origins=torch.tensor([PRODUCT_START], dtype=torch.float64),
        outputs=lambda points: points[:, :0],
        num_equations=1,
    )


class Fitted(NamedTuple):
    """Networks and the function of which they fit some values.

    Attributes:
        networks: Their inputs are those at which they fit.
        signs: Values there, 1 or -1, ``(N,)``.
        new_inputs: All others.
        new_signs: Values there.
    """

    networks: ScalarNetworks
    signs: Float64[Tensor, " N"]
    new_inputs: Float64[Tensor, "m n"]
    new_signs: Float64[Tensor, " m"]

    @property
    def system(self) -> System:
        """F(z): outputs less values."""

        def jacobian(points: Tensor) -> tuple[Tensor, Tensor]:
            outputs, rows = self.networks.jacobian(points, self.networks.inputs)
            return outputs - self.signs, rows

        return System(lambda points: self.networks.outputs(points, self.networks.inputs) - self.signs, jacobian)


def fitted(config: ExactFitConfig) -> Fitted:
    """Return the networks of a config and their function."""
    bits = boolean_inputs(config.inputs)
    chosen = torch.randperm(len(bits), generator=generator(config.seed, "train-inputs"))[: config.train_size]
    is_one = boolean_function(config.target, bits, generator(config.seed, "random-target"))
    signs = torch.where(is_one, 1.0, -1.0).double()
    inputs = 2 * bits.double() - 1
    networks = ScalarNetworks(
        inputs[chosen], (config.width,) * config.depth, config.activation, config.sigma_w, config.sigma_b
    )
    is_new = torch.ones(len(inputs), dtype=torch.bool)
    is_new[chosen] = False
    return Fitted(networks, signs[chosen], inputs[is_new], signs[is_new])


def equations_of(of: Fitted, config: ExactFitConfig) -> Equations:
    """Return the equations that networks fit their values exactly, and where paths to solutions begin.

    Args:
        of: The networks of the config.
        config: Their parametrisation and number.
    """
    networks = of.networks
    unit = networks.std if config.parametrisation == "standard" else torch.ones_like(networks.std)
    drawn = torch.randn(
        config.networks, len(unit), generator=generator(config.seed, "nearest-point-origins"), dtype=torch.float64
    )
    return Equations(
        system=of.system,
        unit=unit,
        origins=drawn * unit,
        outputs=lambda points: networks.outputs(points, of.new_inputs[:1]),
        num_equations=config.train_size,
    )
