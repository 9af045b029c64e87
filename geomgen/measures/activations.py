"""Activations of a network's layers, under the conditions that they are compared across."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from jaxtyping import Float32
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from geomgen.data.dataset import Images
from geomgen.data.transforms import as_float
from geomgen.errors import UsageError
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Layer, Network


def chosen_layers(model: Network, names: Sequence[str]) -> list[Layer]:
    """Return layers by name; ``penultimate`` is the last before the output, ``all`` is every one.

    Raises:
        UsageError: If the network has no layer of a name.
    """
    layers = model.layers()
    known = {layer.name: [layer] for layer in layers} | {"penultimate": [layers[-2]], "all": layers}
    for name in names:
        if name not in known:
            raise UsageError(f"--layer '{name}' is not a layer of this network.", f"It has: {', '.join(known)}.")
    chosen = {layer.name: layer for name in names for layer in known[name]}
    return list(chosen.values())


@torch.no_grad()
def activations(
    model: Network, layers: Sequence[Layer], site: str, images: Images
) -> dict[str, Float32[Tensor, "n _"]]:
    """Return the activations of layers for every image.

    Args:
        model: Network, float32.
        layers: Layers of that network.
        site: ``pre`` for the linear output, ``post`` for the output after normalisation and activation.
        images: Pixels as in a `Split`.

    Returns:
        By layer name, one row per image, on the CPU; feature maps are flattened to one vector per image.
    """
    taken: dict[str, Tensor] = {}
    start, device = 0, next(model.parameters()).device

    def keep(name: str, output: Tensor) -> None:
        rows = output.flatten(1).cpu()
        whole = taken.setdefault(name, torch.empty(len(images), rows.shape[1]))
        whole[start : start + len(rows)] = rows

    with watched(layers, site, keep):
        for start in range(0, len(images), EVALUATION_BATCH_SIZE):
            model(as_float(images[start : start + EVALUATION_BATCH_SIZE].to(device)))
    return taken


@torch.no_grad()
def num_units(model: Network, layers: Sequence[Layer], site: str, input_shape: tuple[int, ...]) -> dict[str, int]:
    """Return how many activations each layer has for one image; parameters need take no memory."""
    units: dict[str, int] = {}

    def count(name: str, output: Tensor) -> None:
        units[name] = output.shape[1:].numel()

    with watched(layers, site, count):
        model(model.example(input_shape))
    return units


@contextmanager
def watched(layers: Sequence[Layer], site: str, watch: Callable[..., None]) -> Iterator[None]:
    """Call ``watch(name, activations)`` whenever one of the layers has computed its activations at a site."""
    handles = [_watch(layer, site, partial(watch, layer.name)) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _watch(layer: Layer, site: str, watch: Callable[[Tensor], None]) -> RemovableHandle:
    if site == "post" and layer.receiver is not None:
        return layer.receiver.register_forward_pre_hook(lambda _module, inputs: watch(inputs[0]))
    module = layer.pre if site == "pre" else layer.post
    return module.register_forward_hook(lambda _module, _inputs, output: watch(output))


def controlled(data: Float32[Tensor, "n units"], condition: str, source: torch.Generator) -> Float32[Tensor, "n units"]:
    """Return activations after a control that keeps some of their statistics and destroys the rest.

    Args:
        data: One row per image.
        condition: ``data`` and ``permuted-pixels`` change nothing; ``control-features`` permutes each column across
            images; ``control-units`` permutes each row's units; ``control-gaussian`` draws Gaussian numbers with each
            column's mean and variance, ``control-gaussian-pooled`` with the mean and variance of all entries.
        source: Source of randomness.

    Returns:
        ``data`` itself where nothing changes.
    """
    match condition:
        case "control-features":
            return _each_column_permuted(data, source)
        case "control-units":
            return _each_column_permuted(data.T, source).T
        case "control-gaussian":
            std, mean = torch.std_mean(data, dim=0, correction=0)
            return torch.randn(data.shape, generator=source).mul_(std).add_(mean)
        case "control-gaussian-pooled":
            std, mean = torch.std_mean(data, correction=0)
            return torch.randn(data.shape, generator=source).mul_(std).add_(mean)
        case _:
            return data


def _each_column_permuted(data: Tensor, source: torch.Generator) -> Tensor:
    result = torch.empty(data.shape[1], data.shape[0])
    for column, row in zip(data.T, result, strict=True):
        torch.index_select(column, 0, torch.randperm(len(column), generator=source), out=row)
    return result.T
