"""Initialisation schemes: the distributions of initial parameters."""

import math

import torch
from jaxtyping import Float32
from torch import Tensor, nn

from geomgen.config.architecture import NORMAL
from geomgen.errors import UsageError
from geomgen.models.layers import MAPS
from geomgen.models.transformer import Positions

POSITION_STD = 0.02
DEFAULT = "default"
OTHER_MAPS = (
    nn.MultiheadAttention,
    nn.RNNBase,
    nn.RNNCellBase,
    nn.Bilinear,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)
"""Modules of torch with maps that no scheme redraws."""


@torch.no_grad()
def initialise(
    model: nn.Module, source: torch.Generator, law: str = "default", sigmas: tuple[float, float] = (1.0, 0.0)
) -> None:
    """Draw every parameter of one of geomgen's own networks from one generator.

    Weights of linear and convolutional maps follow `reinitialise_weights`, positions are N(0, 0.02^2), and
    normalisations start as the identity.

    Raises:
        TypeError: If a module has parameters and no rule here.
    """
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            _set_as_pytorch(module.weight, module.bias, source)
        elif isinstance(module, Positions):
            module.weight.normal_(0, POSITION_STD, generator=source)
        elif isinstance(module, (nn.LayerNorm, nn.BatchNorm1d)):
            module.reset_parameters()
        elif any(True for _ in module.parameters(recurse=False)):
            raise TypeError(f"no initialisation is defined for {type(module).__name__}")
    reinitialise_weights(model, source, law, sigmas)


@torch.no_grad()
def reinitialise_weights(
    model: nn.Module, source: torch.Generator, law: str, sigmas: tuple[float, float] = (1.0, 0.0)
) -> None:
    """Redraw the weights of all linear and convolutional maps, unless the scheme keeps those that they have.

    - ``default``: unchanged; for geomgen's own networks uniform in +-1/sqrt(fan_in), biases too, as in PyTorch.
    - ``scaled:G``: times G; biases too.
    - ``he``: N(0, 2/fan_in). ``xavier``: uniform in +-sqrt(6/(fan_in + fan_out)). ``orthogonal``: orthonormal rows or
      columns. Biases are 0.
    - ``normal``: N(0, sigma_w^2/fan_in), biases N(0, sigma_b^2): as in the limit of infinite width.

    Args:
        model: The network.
        source: Source of randomness; the global RNG is untouched.
        law: One of the above.
        sigmas: sigma_w and sigma_b of ``normal``.

    Source:
        He et al. (2015); Glorot and Bengio (2010); Saxe et al. (2014); Lee et al. (2018) for ``normal``.
    """
    for module in model.modules():
        if isinstance(module, MAPS) and law == NORMAL:
            _set_normal(module.weight, module.bias, source, *sigmas)
        elif isinstance(module, MAPS):
            _reinitialise(module.weight, module.bias, source, law)


def require_redrawable(arch: str, model: nn.Module, law: str) -> None:
    """Refuse a scheme that would redraw some maps of a user's network and leave others as they are.

    Args:
        arch: ``MODULE:FACTORY``.
        model: Its network.
        law: Name of the scheme.

    Raises:
        UsageError: If a map's weight is computed from other parameters, as weight and spectral normalisation do, or a
            module has maps that are not redrawn.
    """
    for name, module in [] if law == DEFAULT else model.named_modules():
        is_computed = isinstance(module, MAPS) and not isinstance(module.weight, nn.Parameter)
        if is_computed or isinstance(module, OTHER_MAPS):
            why = "whose weight is computed from other parameters" if is_computed else "whose weights it does not set"
            raise UsageError(
                f"--init {law} does not apply to --arch {arch}: {name.partition('.module.')[2]} is "
                f"{type(module).__name__}, {why}.",
                "Draw the initial weights in the factory, and leave out --init.",
            )


@torch.no_grad()
def draw_maps(
    weights: Float32[Tensor, "count fan_out fan_in"],
    biases: Float32[Tensor, "count fan_out"],
    source: torch.Generator,
    law: str,
    sigmas: tuple[float, float],
) -> None:
    """Draw one linear map of many networks, each by a scheme of `reinitialise_weights`.

    A scheme that looks at the whole matrix takes them one by one, the others all at once.

    Args:
        weights: Those of each network; overwritten.
        biases: Likewise.
        source: Source of randomness; the global RNG is untouched.
        law: Name of the scheme.
        sigmas: sigma_w and sigma_b of ``normal``.
    """
    alone = law in {"xavier", "orthogonal"}
    for weight, bias in zip(weights, biases, strict=True) if alone else [(weights.flatten(0, 1), biases.flatten())]:
        if law == NORMAL:
            _set_normal(weight, bias, source, *sigmas)
        else:
            _set_as_pytorch(weight, bias, source)
            _reinitialise(weight, bias, source, law)


def _set_as_pytorch(weight: Tensor, bias: Tensor | None, source: torch.Generator) -> None:
    bound = 1 / math.sqrt(weight[0].numel())
    for tensor in (weight, bias):
        if tensor is not None:
            tensor.uniform_(-bound, bound, generator=source)


def _set_normal(weight: Tensor, bias: Tensor | None, source: torch.Generator, sigma_w: float, sigma_b: float) -> None:
    weight.normal_(0, sigma_w / math.sqrt(weight[0].numel()), generator=source)
    if bias is not None:
        bias.normal_(0, sigma_b, generator=source)


def _reinitialise(weight: Tensor, bias: Tensor | None, source: torch.Generator, law: str) -> None:
    name, _, gain = law.partition(":")
    match name:
        case "he":
            nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=source)
        case "xavier":
            nn.init.xavier_uniform_(weight, generator=source)
        case "orthogonal":
            nn.init.orthogonal_(weight, generator=source)
        case "scaled":
            weight.mul_(float(gain))
    if bias is not None and name != DEFAULT:
        bias.mul_(float(gain)) if name == "scaled" else bias.zero_()
