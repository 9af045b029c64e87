"""How each layer of a network is conditioned: scale of its activations and gradients, dead units, dimensions in use."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import torch
from jaxtyping import Float32
from torch import Tensor

from geomgen.data.dataset import Images, Split
from geomgen.data.transforms import as_float
from geomgen.measures.activations import activations, watched
from geomgen.measures.propagation import Expected
from geomgen.measures.similarity import similarities
from geomgen.models.functional.gradient import loss_and_gradients
from geomgen.models.functional.loss import Loss, cross_entropy
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Layer, Network, mixes_images, training_mode
from geomgen.numerics.pairs import centred_products
from geomgen.tables.activations import LayerStatisticsRow

MAX_GRADIENT_IMAGES = 10_000


def layer_statistics(
    model: Network,
    layers: Sequence[Layer],
    state: str,
    images: Images,
    train: Split,
    batch_size: int,
    loss: Loss = cross_entropy,
    expected: Mapping[str, Expected] = MappingProxyType({}),
) -> list[LayerStatisticsRow]:
    """Measure layers one after the other, so that only one layer's activations are held at a time.

    Args:
        model: Network with the parameters of a state, float32.
        layers: Layers of that network.
        state: What to call the parameters.
        images: Pixels as in a `Split`, n >= 3.
        train: Images and labels for gradients, as trained on; at most `MAX_GRADIENT_IMAGES` of them.
        batch_size: Images per step of training; with batch normalisation, gradients are those of whole batches.
        loss: Loss of logits and labels, for gradients.
        expected: What theory says of layers; nothing of others.

    Returns:
        One row per layer.
    """
    seen, together = _gradient_images(model, train, batch_size)
    norms, squares = layer_gradients(model, layers, seen, together, loss)
    rows = []
    for layer in layers:
        data = activations(model, [layer], "post", images)[layer.name]
        after, dead_fraction = _moments(data), float((~data.any(0)).double().mean())
        del data  # before the other is made
        data = activations(model, [layer], "pre", images)[layer.name]
        before, (cosine,) = _moments(data), similarities(data, ["cosine"], bins=1)
        theory = expected.get(layer.name)
        rows.append(
            LayerStatisticsRow(
                layer=layer.name,
                state=state,
                pre_mean=before.mean,
                pre_variance=before.variance,
                pre_rms=before.rms,
                post_mean=after.mean,
                post_variance=after.variance,
                post_rms=after.rms,
                dead_fraction=dead_fraction,
                participation_ratio=participation_ratio(data),
                gradient_norm=norms[layer.name],
                cosine_mean=cosine.mean,
                cosine_std=cosine.std,
                num_samples=len(images),
                dim=data.shape[1],
                num_gradient_images=len(seen),
                backward_mean_square=squares[layer.name],
                expected_pre_variance=theory.variance if theory else None,
                expected_cosine_mean=theory.cosine if theory else None,
                expected_backward_mean_square=theory.gradient_gain * squares[layers[-1].name] if theory else None,
            )
        )
    return rows


class _Moments(NamedTuple):
    mean: float
    variance: float
    rms: float


def _moments(data: Tensor) -> _Moments:
    """Return the moments of all entries: sums in float64, of squares about the mean."""
    mean = sum(float(part.sum(dtype=torch.float64)) for part in data.split(EVALUATION_BATCH_SIZE)) / data.numel()
    variance = (
        sum(float((part.double() - mean).square().sum()) for part in data.split(EVALUATION_BATCH_SIZE)) / data.numel()
    )
    return _Moments(mean, variance, math.sqrt(variance + mean**2))


def participation_ratio(data: Float32[Tensor, "n p"]) -> float:
    r"""Return (tr C)^2 / |C|_F^2 of the covariance C of rows: (sum_i g_ii)^2 / sum_ij g_ij^2, g the centred products.

    Args:
        data: A row an image.

    Returns:
        Between 1 and p; NaN if all rows are equal.
    """
    trace, squares = 0.0, 0.0
    for block in centred_products(data, data.mean(0)):
        if block.is_diagonal:
            trace += float(block.products.diagonal().double().sum())
        squares += (1 if block.is_diagonal else 2) * float(block.products.square_().sum(1).double().sum())
    return trace**2 / squares if squares else math.nan


def _gradient_images(model: Network, train: Split, batch_size: int) -> tuple[Split, int]:
    """Return the images on which gradients are taken, and how many pass at a time: whole batches where these matter."""
    seen = train.first(min(len(train), MAX_GRADIENT_IMAGES))
    if not mixes_images(model):
        return seen, EVALUATION_BATCH_SIZE
    together = min(batch_size, len(seen))
    return seen.first(len(seen) // together * together), together


class LayerGradients(NamedTuple):
    """Gradients of a loss, layer by layer.

    Attributes:
        norms: Euclidean norm of the mean loss's gradient with respect to each layer's weight; None without a weight.
        mean_squares: Mean square, over images and units, of the derivative of an image's loss with respect to each
            layer's linear output.
    """

    norms: dict[str, float | None]
    mean_squares: dict[str, float]


def layer_gradients(
    model: Network, layers: Sequence[Layer], train: Split, together: int, loss: Loss = cross_entropy
) -> LayerGradients:
    """Return how large gradients are in each layer; derivatives of outputs are held for one layer at a time.

    Args:
        model: Network with parameters, float32; its loss is that of training mode.
        layers: Layers of that network.
        train: Images and labels.
        together: Images per pass.
        loss: Loss of logits and labels.
    """
    weights = {layer.name: layer.weight for layer in layers if layer.weight is not None}
    sums = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    squares = {layer.name: 0.0 for layer in layers}

    def add(name: str, derivative: Tensor) -> None:
        squares[name] += float(derivative.double().square().sum()) / derivative[0].numel()

    def see(name: str, output: Tensor) -> None:
        output.register_hook(partial(add, name))

    device = next(model.parameters()).device
    for images, labels in zip(train.images.split(together), train.labels.split(together), strict=True):
        inputs, targets = as_float(images.to(device)), labels.to(device)
        with training_mode(model), watched(layers, "pre", see):
            _, gradients = loss_and_gradients(
                model, inputs, targets, list(weights.values()), loss=loss, reduction="sum"
            )
        for name, gradient in zip(weights, gradients, strict=True):
            sums[name] += gradient
    norms = {name: float(total.cpu().norm(dtype=torch.float64)) / len(train) for name, total in sums.items()}
    return LayerGradients(
        {layer.name: norms.get(layer.name) for layer in layers},
        {name: total / len(train) for name, total in squares.items()},
    )
