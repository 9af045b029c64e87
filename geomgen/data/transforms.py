"""Transformations of images and labels before a network sees them."""

import torch
from jaxtyping import Bool, Float32, Int64, Shaped, UInt8
from torch import Tensor

from geomgen.data.dataset import Dataset, Split
from geomgen.errors import UsageError, require_divisor

POOLED_TOGETHER = 1000


def as_float(images: UInt8[Tensor, "*shape"] | Float32[Tensor, "*shape"]) -> Float32[Tensor, "*shape"]:
    """Return pixels in the unit interval: bytes divided by 255, or a copy of floats."""
    copy = images.to(torch.float32, copy=True)
    return copy.div_(255) if images.dtype == torch.uint8 else copy


def pooled(dataset: Dataset, size: int) -> Dataset:
    """Average-pool all images of a data set by squares, after scaling them to the unit interval.

    Args:
        dataset: Images ``(n, channels, height, width)``.
        size: Side of the squares, in pixels.

    Returns:
        The same images, ``(n, channels, height / size, width / size)`` float32.

    Raises:
        UsageError: If ``size`` does not divide height and width.
    """
    require_divisor("--pool", size, *dataset.input_shape[1:])
    train, test = (Split(average_pooled(split.images, size), split.labels) for split in (dataset.train, dataset.test))
    return Dataset(dataset.name, train, test, dataset.num_classes)


def of_classes(dataset: Dataset, count: int) -> Dataset:
    """Keep the images of the first classes, in their order.

    Args:
        dataset: Of at least ``count`` classes.
        count: Number of classes to keep: those with labels 0 to ``count - 1``.

    Returns:
        A data set of ``count`` classes.

    Raises:
        DataError: If a split has no image of these.
        UsageError: If there are fewer classes.
    """
    if count > dataset.num_classes:
        raise UsageError(
            f"--classes {count} is more than the {dataset.num_classes} classes of {dataset.name}.",
            f"Give 2 to {dataset.num_classes}." if dataset.num_classes > 2 else "Leave it out.",
        )
    train, test = (_where(split, split.labels < count) for split in (dataset.train, dataset.test))
    return Dataset(dataset.name, train, test, count)


def _where(split: Split, chosen: Bool[Tensor, " n"]) -> Split:
    return Split(split.images[chosen], split.labels[chosen])


def average_pooled(
    images: UInt8[Tensor, "n channels height width"] | Float32[Tensor, "n channels height width"], size: int
) -> Float32[Tensor, "n channels _ _"]:
    """Return the mean of each square of pixels in the unit interval, rounded once.

    Bytes are added as whole numbers and floats in float64, so that the bits are the same on every machine.

    Args:
        images: Pixels.
        size: Side of the squares; divides height and width.
    """
    is_bytes = images.dtype == torch.uint8
    white, wide = (255, torch.int64) if is_bytes else (1, torch.float64)
    parts = [
        part.unflatten(3, (-1, size)).unflatten(2, (-1, size)).sum((3, 5), dtype=wide)
        for part in torch.split(images, POOLED_TOGETHER)
    ]
    return torch.cat(parts).double().div_(white * size**2).float()


def permute_pixels(
    images: Shaped[Tensor, "n channels height width"], generator: torch.Generator
) -> Shaped[Tensor, "n channels height width"]:
    """Permute the pixels of all images by one random permutation of the positions.

    The channels of a pixel move together.

    Args:
        images: Of any dtype.
        generator: Source of randomness; the global RNG is untouched.

    Returns:
        A copy of the same dtype.
    """
    height, width = images.shape[-2:]
    order = torch.randperm(height * width, generator=generator)
    return images.flatten(-2)[..., order].reshape(images.shape)


def with_label_noise(
    labels: Int64[Tensor, " n"], fraction: float, num_classes: int, generator: torch.Generator
) -> Int64[Tensor, " n"]:
    """Replace the labels of randomly chosen images by a wrong class, drawn uniformly.

    Args:
        labels: In 0 to ``num_classes - 1``.
        fraction: Fraction of the labels in [0, 1]; exactly ``round(fraction * n)`` are replaced.
        num_classes: Number of classes.
        generator: Source of randomness; the global RNG is untouched.

    Returns:
        A copy; ``labels`` itself if none is replaced.

    Raises:
        UsageError: If ``fraction`` is outside [0, 1], or there is no wrong class to draw.
    """
    if not 0 <= fraction <= 1:
        raise UsageError(f"A label noise of {fraction} is not a fraction of the labels.", "Give a number from 0 to 1.")
    num_noisy = round(fraction * len(labels))
    if num_noisy == 0:
        return labels
    if num_classes < 2:
        raise UsageError(f"Label noise needs a wrong class, but there is only {num_classes}.", "Set label noise to 0.")
    chosen = torch.randperm(len(labels), generator=generator)[:num_noisy]
    shift = torch.randint(1, num_classes, (num_noisy,), generator=generator)
    noisy = labels.clone()
    noisy[chosen] = (labels[chosen] + shift) % num_classes
    return noisy


def subset(split: Split, size: int, generator: torch.Generator) -> Split:
    """Draw images without replacement.

    Args:
        split: The split to draw from.
        size: Number of images, from 1 to the size of the split.
        generator: Source of randomness; the global RNG is untouched.

    Returns:
        ``size`` images and their labels, in random order.

    Raises:
        UsageError: If the split does not hold ``size`` images.
    """
    if not 1 <= size <= len(split):
        raise UsageError(
            f"--train-size is {size}, but the training split has {len(split)} images.", f"Give 1 to {len(split)}."
        )
    chosen = torch.randperm(len(split), generator=generator)[:size]
    return Split(split.images[chosen], split.labels[chosen])
