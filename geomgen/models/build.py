"""From a config to a network with its initial parameters."""

import torch
from torch import nn

from geomgen.config.architecture import OWN, ArchitectureConfig, NetworkConfig
from geomgen.models.activations import ACTIVATIONS
from geomgen.models.custom import custom_network
from geomgen.models.initial import initialise, reinitialise_weights
from geomgen.models.layers import Network
from geomgen.models.lenet import lenet5
from geomgen.models.mlp import mlp
from geomgen.models.residual import ResidualLayers
from geomgen.models.transformer import transformer


def build_model(
    config: ArchitectureConfig, input_shape: tuple[int, ...], num_classes: int, source: torch.Generator
) -> Network:
    """Return the network of a resolved config with initial parameters drawn from a generator, on the CPU.

    Raises:
        UsageError: If the images do not fit the architecture.
    """
    if config.kind == OWN:
        model = custom_network(config, input_shape, num_classes, seed=source.initial_seed())
        reinitialise_weights(model, source, config.init, config.sigmas)
    else:
        model = skeleton(config, input_shape, num_classes).to_empty(device="cpu")
        initialise(model, source, config.init, config.sigmas)
    if config.depth_scaling and config.depth:
        _scale_branches(model, config.depth**-0.5)
    return model


def _scale_branches(model: Network, factor: float) -> None:
    for part in model:
        if isinstance(part, ResidualLayers):
            part.scale(factor)


def skeleton(config: NetworkConfig, input_shape: tuple[int, ...], num_classes: int) -> Network:
    """Return the network without memory for its parameters: shapes and names only.

    All entries of a parameter share one zero. On torch's meta device they take no memory either, but a pass there loads
    torch's compiler, which takes a second. A user's own module is built as its factory builds it, since what its
    constructor computes cannot be left out.

    Raises:
        ValueError: If the config is not resolved.
        UsageError: If the images do not fit the architecture.
    """
    if config.kind == OWN:
        return custom_network(config, input_shape, num_classes)
    if config.width is None or config.depth is None:
        raise ValueError("the config is not resolved")
    with torch.device("meta"):
        model = _network(config, input_shape, num_classes, config.width, config.depth).eval()
    zeros = {
        name: torch.zeros((), dtype=tensor.dtype).expand(tensor.shape) for name, tensor in model.state_dict().items()
    }
    model.load_state_dict(zeros, assign=True)
    return model


def _network(config: NetworkConfig, input_shape: tuple[int, ...], num_classes: int, width: int, depth: int) -> Network:
    match config.kind:
        case "lenet5":
            return lenet5(input_shape, num_classes, width=width, activation=ACTIVATIONS[config.activation])
        case "transformer":
            sizes = {"width": width, "depth": depth, "patch": config.patch, "heads": config.heads}
            return transformer(input_shape, num_classes, **sizes)
        case _:
            norm = nn.LayerNorm if config.layer_norm else nn.BatchNorm1d if config.batch_norm else None
            return mlp(
                input_shape,
                num_classes,
                width=width,
                depth=depth,
                hidden=config.hidden,
                activation=ACTIVATIONS[config.activation],
                bias=config.bias,
                norm=norm,
                residual=config.residual,
            )
