"""The term that finite steps add to the loss, E_corr = |grad E|^2 / m, and the noise of the gradient."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor, nn

from geomgen.config.train import TrainConfig
from geomgen.models.functional.flat import FlatLayout
from geomgen.models.functional.gradient import loss_and_gradients
from geomgen.models.functional.loss import Loss, cross_entropy
from geomgen.models.layers import training_mode


def implicit_lambda(config: TrainConfig, num_parameters: int) -> float | None:
    """Return lambda = h m / 4, the weight of E_corr in the loss that gradient descent at learning rate h follows.

    None for update rules other than plain gradient descent, for which it was not derived: others than sgd, momentum,
    and clipping, by which the length of a step no longer follows the gradient.

    Source:
        Barrett and Dherin (2020), Implicit Gradient Regularization.
    """
    plain = config.optimizer == "sgd" and config.momentum == 0 and config.clip_norm is None
    return config.lr * num_parameters / 4 if plain else None


class GradientNoise(NamedTuple):
    """The mean of mini-batch gradients, and how much information a single one carries.

    Attributes:
        square: |G|^2 of the mean gradient G.
        noise: trace of the covariance of a mini-batch's gradient; None from a single batch.
        snr: |g|^2 over noise, with |g|^2 = |G|^2 - noise / n free of the bias that noise gives |G|^2; None if no noise.
        snr_stderr: Its standard error, by the jackknife over batches; None if the others have no noise without one.
        bits: Information per step, (1/2) log2(1 + snr); 0 for an snr below 0.
        bits_stderr: Its standard error, likewise.
        descended_square: |G + d|^2, with d the gradient of what is added to every batch's loss; None if nothing is.
    """

    square: float
    noise: float | None = None
    snr: float | None = None
    snr_stderr: float | None = None
    bits: float | None = None
    bits_stderr: float | None = None
    descended_square: float | None = None


def gradient_noise(
    gradients: Callable[[], Iterable[Float32[Tensor, " num"]]], added: Float32[Tensor, " num"] | None = None
) -> GradientNoise:
    r"""Measure signal and noise of the gradients of n mini-batches.

    With snr = |g|^2 / tr Sigma_B, where g is the expected gradient and Sigma_B the covariance of a mini-batch's, a step
    is modelled as a Gaussian channel that carries one number, the size of the move along g: (1/2) log2(1 + snr) bits.
    It is a lower bound on the information about that number, (1/2) log2(1 + g^T Sigma_B^-1 g), since noise orthogonal
    to g is counted as if it interfered.

    Args:
        gradients: Yields the same n vectors, ``(num,)`` float32, each time it is called; each need only be valid until
            the next. Two passes are made, so that they need not be stored.
        added: d, such as the gradient of weight decay; None for nothing.

    Returns:
        Signal and noise; of the first batch alone if there is only one.

    Source:
        snr = B / B_simple of McCandlish et al. (2018), An Empirical Model of Large-Batch Training, appendix A.
    """
    total, squares = _total(gradients())
    square, count = float(total.dot(total)), len(squares)
    descended = None if added is None else _square_with(total, square, count, added)
    if count == 1:
        return GradientNoise(square, descended_square=descended)
    products = [float(gradient.dot(total)) for gradient in gradients()]
    without = [
        _snr(square - 2 * product + own, sum(squares) - own, count - 1)
        for product, own in zip(products, squares, strict=True)
    ]
    noise, snr = _noise(square, sum(squares), count), _snr(square, sum(squares), count)
    if not noise > 0:
        return GradientNoise(square / count**2, noise, descended_square=descended)
    return GradientNoise(
        square / count**2,
        noise,
        snr,
        _jackknife_stderr(without),
        bits_of(snr),
        _jackknife_stderr([bits_of(value) for value in without]),
        descended,
    )


def bits_of(snr: float) -> float:
    """Return (1/2) log2(1 + snr), the capacity of a Gaussian channel in bits per use; 0 for an estimate below 0."""
    return math.log2(1 + max(snr, 0)) / 2


def _total(gradients: Iterable[Tensor]) -> tuple[Tensor, list[float]]:
    """Return the sum of vectors and the squared length of each."""
    total, squares = torch.zeros(0), list[float]()
    for gradient in gradients:
        total = total.add_(gradient) if squares else gradient.clone()
        squares.append(float(gradient.dot(gradient)))
    return total, squares


def _square_with(total: Tensor, square: float, count: int, added: Tensor) -> float:
    """Return |total / count + added|^2."""
    return square / count**2 + 2 * float(total.dot(added)) / count + float(added.dot(added))


def _noise(total_square: float, sum_of_squares: float, count: int) -> float:
    """Return the unbiased trace of the covariance of vectors from |sum|^2 and the sum of |.|^2."""
    return (sum_of_squares - total_square / count) / (count - 1)


def _snr(total_square: float, sum_of_squares: float, count: int) -> float:
    noise = _noise(total_square, sum_of_squares, count) if count > 1 else 0.0
    return total_square / count**2 / noise - 1 / count if noise > 0 else math.inf


def _jackknife_stderr(without: Sequence[float]) -> float | None:
    """Return the standard error of a statistic from its values with each of n observations left out.

    None if one of them is not finite.
    """
    if not all(map(math.isfinite, without)):
        return None
    count, mean = len(without), math.fsum(without) / len(without)
    return math.sqrt((count - 1) / count * math.fsum((value - mean) ** 2 for value in without))


def batch_gradients(
    model: nn.Module,
    images: Float[Tensor, "n channels height width"],
    labels: Int64[Tensor, " n"],
    batch_size: int,
    loss: Loss = cross_entropy,
) -> Iterable[tuple[float, Float32[Tensor, " num"]]]:
    """Yield the mean loss of each mini-batch, and its gradient as one float32 vector, as training has them.

    The network is in training mode, so that batch normalisation uses the batch's own statistics; it is left as it was.

    Args:
        model: Network; its parameters are not moved.
        images: Of its parameters' type.
        labels: Of the images.
        batch_size: Divides n.
        loss: Loss of logits and labels.

    Yields:
        The loss, and ``(num_parameters,)``, valid until the next one.
    """
    parameters, layout = list(model.parameters()), FlatLayout.of(model)
    vector = torch.empty(layout.size, device=parameters[0].device)
    views = layout.views(vector)
    for inputs, targets in zip(images.split(batch_size), labels.split(batch_size), strict=True):
        with training_mode(model):
            value, gradients = loss_and_gradients(model, inputs, targets, parameters, loss=loss)
        for view, gradient in zip(views, gradients, strict=True):
            view.copy_(gradient)
        yield float(value), vector
