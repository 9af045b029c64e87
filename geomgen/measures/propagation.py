"""What theory expects of the layers of a network before training."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import nn

from geomgen.config.architecture import ArchitectureConfig
from geomgen.data.dataset import Images
from geomgen.data.transforms import as_float
from geomgen.models.layers import Network
from geomgen.theory.propagation import LinearMap, covariances, gradient_gains, mean_cosine

MAX_IMAGES = 1000
"""Pairs of so many images are compared: their mean cosine is within .005 of that of all."""


class Expected(NamedTuple):
    """Of a layer's linear output.

    Attributes:
        variance: Over images and units.
        cosine: Mean over pairs of images.
        gradient_gain: Mean square of the loss's derivative with respect to it, over that of the logits.
    """

    variance: float
    cosine: float
    gradient_gain: float


def expected_layers(config: ArchitectureConfig, model: Network, images: Images) -> dict[str, Expected]:
    """Return what is expected of each layer; nothing of a network that is no plain or residual chain of ReLUs.

    Args:
        config: How the network was made and its parameters drawn.
        model: The network.
        images: Pixels as in a `Split`, n >= 2.
    """
    if config.kind != "mlp" or config.activation != "relu" or config.layer_norm or config.batch_norm:
        return {}
    layers = model.layers()
    maps = linear_maps(config, [layer.weight for layer in layers])
    inputs = as_float(images[:MAX_IMAGES].cpu()).flatten(1).double().numpy()
    kernels = covariances(inputs, maps)
    return {
        layer.name: Expected(float(kernel.diagonal().mean()), mean_cosine(kernel), gain)
        for layer, kernel, gain in zip(layers, kernels, gradient_gains(maps), strict=True)
    }


def linear_maps(config: ArchitectureConfig, weights: Sequence[nn.Parameter | None]) -> list[LinearMap]:
    """Return the distribution of each map of a multi-layer perceptron; the last gives the logits."""
    shapes = [(weight.shape[1], weight.shape[0]) for weight in weights if weight is not None]
    return [
        _linear_map(config, *shape, is_added=config.residual and 0 < index < len(shapes) - 1)
        for index, shape in enumerate(shapes)
    ]


def _linear_map(config: ArchitectureConfig, fan_in: int, fan_out: int, *, is_added: bool) -> LinearMap:
    weight, bias = _variances(config, fan_in, fan_out)
    scale = 1 / (config.depth or 1) if is_added and config.depth_scaling else 1.0
    return LinearMap(fan_in, fan_out, scale * weight, scale * bias * config.bias, is_added)


def _variances(config: ArchitectureConfig, fan_in: int, fan_out: int) -> tuple[float, float]:
    """Return the variances of a weight and a bias; schemes as in `reinitialise_weights`."""
    name, _, gain = config.init.partition(":")
    sigma_w, sigma_b = config.sigmas
    match name:
        case "he":
            return 2 / fan_in, 0.0
        case "xavier":
            return 2 / (fan_in + fan_out), 0.0
        case "orthogonal":
            return 1 / max(fan_in, fan_out), 0.0
        case "normal":
            return sigma_w**2 / fan_in, sigma_b**2
        case _:
            uniform = float(gain or 1) ** 2 / (3 * fan_in)
            return uniform, uniform
