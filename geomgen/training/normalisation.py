"""Running statistics of batch normalisation."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from geomgen.data.dataset import Images
from geomgen.data.transforms import as_float
from geomgen.models.layers import EVALUATION_BATCH_SIZE


def batch_norms(model: nn.Module) -> list[BatchNorm]:
    """Return the modules of a network that keep running statistics of their inputs."""
    return [module for module in model.modules() if isinstance(module, BatchNorm) and module.track_running_stats]


@torch.no_grad()
def take_statistics(model: nn.Module, images: Images) -> None:
    """Initialise batch normalisations with the statistics of their inputs, averaged over batches of images.

    PyTorch starts with mean 0 and variance 1, which in evaluation is no normalisation at all: the initial state would
    be that of a network without it.

    Args:
        model: Network in evaluation mode; nothing happens if it has no batch normalisation.
        images: Pixels as in a `Split`, n >= 2.
    """
    norms = batch_norms(model)
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    device = next(model.parameters()).device
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    for batch in images.tensor_split(-(-len(images) // EVALUATION_BATCH_SIZE)):  # of equal size: each counts as one
        model(as_float(batch.to(device)))
    model.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def normalise_in_float32(norm: BatchNorm, inputs: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return the output of a batch normalisation with parameters of another type, computed in float32.

    Args:
        norm: Its running statistics are float32, and follow the inputs in training.
        inputs: Of any type.

    Returns:
        Of the same type.
    """
    momentum = norm.momentum
    if norm.training and norm.num_batches_tracked is not None:
        norm.num_batches_tracked.add_(1)
        momentum = 1 / float(norm.num_batches_tracked) if momentum is None else momentum
    weight, bias = (None if parameter is None else parameter.float() for parameter in (norm.weight, norm.bias))
    outputs = nn.functional.batch_norm(
        inputs.float(),
        norm.running_mean,
        norm.running_var,
        weight,
        bias,
        norm.training,
        0.0 if momentum is None else momentum,
        norm.eps,
    )
    return outputs.to(inputs.dtype)
