"""Whether a network's loss has a second derivative everywhere: kinks in it have curvature that no Hessian sees."""

import torch
from jaxtyping import Float64
from torch import Tensor, nn

from geomgen.models.functional.loss import Targets
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import hessian

KINKED = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.CELU, nn.SELU, nn.Hardtanh, nn.Hardswish,
    nn.Hardsigmoid, nn.Hardshrink, nn.Softshrink, nn.Threshold, nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d,
    nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d,
)  # fmt: skip
"""Modules of which the first or second derivative jumps."""
STEP, FINER, DIRECTIONS = 1e-2, 4.0, 8
SEEN, TINY = 1e-4, 1e-300


def kinks(model: nn.Module) -> list[str]:
    """Return the kinds of a network's modules that have kinks; functions that a user's module calls are not seen."""
    return sorted({type(module).__name__ for module in model.modules() if isinstance(module, KINKED)})


def is_smooth(
    network: NetworkFunction, theta: Float64[Tensor, " D"], inputs: Float64[Tensor, "n ..."], targets: Targets
) -> bool:
    r"""Return whether the Hessian accounts for how the gradient of the mean loss changes, as far as steps can tell.

    e(h) = |(g(theta + h u) - g(theta - h u)) / 2h - H u| / |H u| over some random directions u, for h of 1 % and 1/4 %
    of the length of theta. For a smooth loss e falls with h^2, by 16; but a step across kinks changes g by jumps, as
    many as h is long, so that e hardly falls, or vanishes where the shorter step crosses none.

    Args:
        network: The function.
        theta: Parameters.
        inputs: Of n samples.
        targets: As the loss takes them.
    """
    source = torch.Generator().manual_seed(0)
    units = torch.randn(DIRECTIONS, len(theta), generator=source, dtype=theta.dtype).to(theta.device)
    units /= units.norm(dim=1, keepdim=True)
    seen = hessian(network, theta, inputs, targets)(units)

    def error(size: float) -> float:
        step = size * theta.norm() * units
        ahead, behind = (network.gradient(theta + sign * step, inputs, targets) for sign in (1, -1))
        change = (ahead - behind) / 2
        return float((change - size * theta.norm() * seen).norm() / (size * theta.norm() * seen).norm().clamp(min=TINY))

    coarse, fine = error(STEP), error(STEP / FINER)
    return not coarse > SEEN or FINER**2 / 2 < coarse / fine < FINER**2 * 2
