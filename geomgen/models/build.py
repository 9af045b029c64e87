"""From a config to a network with its initial parameters."""

import math

import torch
from torch import nn

from geomgen.config.train import TrainConfig
from geomgen.models.layers import Network
from geomgen.models.lenet import lenet5
from geomgen.models.mlp import mlp


def build_model(
    config: TrainConfig, input_shape: tuple[int, ...], num_classes: int, source: torch.Generator
) -> Network:
    """Return the network of a resolved config with initial parameters drawn from a generator, on the CPU.

    Raises:
        UsageError: If the images do not fit the architecture.
    """
    model = outline(config, input_shape, num_classes).to_empty(device="cpu")
    initialise(model, source)
    return model


def outline(config: TrainConfig, input_shape: tuple[int, ...], num_classes: int) -> Network:
    """Return the network without memory for its parameters (on torch's meta device): shapes and names only.

    Raises:
        ValueError: If the config is not resolved.
        UsageError: If the images do not fit the architecture.
    """
    if config.width is None or config.depth is None:
        raise ValueError("the config is not resolved")
    with torch.device("meta"):
        if config.arch == "lenet5":
            return lenet5(input_shape, num_classes, width=config.width)
        return mlp(input_shape, num_classes, width=config.width, depth=config.depth, layer_norm=config.layer_norm)


@torch.no_grad()
def initialise(model: nn.Module, source: torch.Generator) -> None:
    """Set parameters as PyTorch does by default, but from one generator.

    Weights and biases of linear and convolutional maps are uniform in +-1/sqrt(fan_in); normalisations start as the
    identity.

    Raises:
        TypeError: If a module has parameters and no rule here.
    """
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            bound = 1 / math.sqrt(module.weight[0].numel())
            module.weight.uniform_(-bound, bound, generator=source)
            if module.bias is not None:
                module.bias.uniform_(-bound, bound, generator=source)
        elif isinstance(module, nn.LayerNorm):
            module.reset_parameters()
        elif any(True for _ in module.parameters(recurse=False)):
            raise TypeError(f"no initialisation is defined for {type(module).__name__}")
