"""The one form that every data set takes, whatever file it came from."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8
from torch import Tensor

from geomgen.errors import DataError, UsageError

if TYPE_CHECKING:  # mypy sees no types in such a union
    Images = Tensor
else:
    Images = UInt8[Tensor, "n channels height width"] | Float32[Tensor, "n channels height width"]
MAX_NAMED = 5
MOST_CLASSES = 2**16
"""Above it a label is a mistake: each class takes an output unit, whether it has images or not."""
ONE_CLASS = (
    "All images have the label 0: with one class, every network classifies all of them as labelled, with loss 0."
)


@dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels; `Dataset` checks that there are as many of both, and can name the split that fails.

    Attributes:
        images: Pixels: uint8 from 0 to 255, or float32 from 0 to 1.
        labels: Class of each image.
    """

    images: Images
    labels: Int64[Tensor, " labels"]

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, n: int) -> "Split":
        """View the first images; no copy is made.

        Args:
            n: Number of images, from 1 to the size of the split.

        Returns:
            The first ``n`` images and labels.

        Raises:
            UsageError: If the split does not hold ``n`` images.
        """
        if not 1 <= n <= len(self):
            raise UsageError(
                f"The first {n} images were requested from a split that has {len(self)}.",
                f"Request 1 to {len(self)}.",
            )
        return Split(self.images[:n], self.labels[:n])


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training and a test split of the same kind of image.

    Attributes:
        name: The source it was read from; errors begin with it.
        train: The images that networks are fitted to.
        test: The images that they are tested on.
        num_classes: Labels are in 0 to ``num_classes - 1``.

    Raises:
        DataError: If a split is empty, has more or fewer labels than images, or a label out of range, or if the images
            of the splits differ in shape or in type.
    """

    name: str
    train: Split
    test: Split
    num_classes: int

    def __post_init__(self) -> None:
        for split_name, split in (("train", self.train), ("test", self.test)):
            where = f"{self.name}: the {split_name} split"
            _check_counts(split, where)
            _check_labels(split.labels, self.num_classes, where)
        _check_same_form(self.train, self.test, self.name)

    @classmethod
    def from_splits(cls, name: str, train: Split, test: Split) -> Self:
        """Make a data set whose number of classes is one more than the largest training label.

        Args:
            name: The source it was read from.
            train: Images and labels.
            test: The same for testing.

        Returns:
            The checked data set.

        Raises:
            DataError: If there would be more than `MOST_CLASSES`, or a split is not as a data set needs it.
        """
        where = f"{name}: the train split"
        _check_counts(train, where)
        largest = int(train.labels.max())
        if largest >= MOST_CLASSES:
            raise DataError(
                f"{where} has the label {largest}, of more than {MOST_CLASSES} classes.",
                "Number the classes from 0, one after the other.",
            )
        return cls(name, train, test, num_classes=max(1, 1 + largest))

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """What to know before working with it: how the pixels were read, and what is probably a mistake."""
        floats = self.train.images.is_floating_point()
        read = ["The images are floats from 0 to 1; they are taken as they are."] if floats else []
        black = [name for name, split in (("training", self.train), ("test", self.test)) if _is_black(split)]
        dark = [_on_black(" and ".join(black), floats=floats)] if black else []
        alone = [ONE_CLASS] if self.num_classes == 1 else []
        return (*read, *dark, *alone, *_on_missing_classes(self.train.labels, self.num_classes))

    @cached_property
    def sha256(self) -> str:
        """Digest of the shapes and bytes of all four tensors; identifies the data in the config of a run."""
        digest = hashlib.sha256()
        for tensor in (self.train.images, self.train.labels, self.test.images, self.test.labels):
            digest.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
            digest.update(np.ascontiguousarray(tensor.numpy(force=True)).data)
        return digest.hexdigest()


def _check_counts(split: Split, where: str) -> None:
    if len(split.images) != len(split.labels):
        raise DataError(
            f"{where} has {len(split.images)} images, but {len(split.labels)} labels.",
            "Every image needs exactly one label: check that both come from the same data set.",
        )
    if split.images.numel() == 0:
        raise DataError(
            f"{where} is empty: its images have the shape {tuple(split.images.shape)}.",
            "Give at least one image of at least one pixel.",
        )


def _check_labels(labels: Tensor, num_classes: int, where: str) -> None:
    wrong = labels[(labels < 0) | (labels >= num_classes)]
    if len(wrong):
        raise DataError(
            f"{where} has the label {int(wrong[0])}, outside 0 to {num_classes - 1}.",
            "Number the classes from 0; every class that is tested must also be in the training labels.",
        )


def _check_same_form(train: Split, test: Split, name: str) -> None:
    train_shape, test_shape = tuple(train.images.shape[1:]), tuple(test.images.shape[1:])
    if train_shape != test_shape:
        raise DataError(
            f"{name}: the train images have the shape {train_shape} (channels, height, width), "
            f"but the test images {test_shape}.",
            "Bring both splits to the same size.",
        )
    if train.images.dtype != test.images.dtype:
        raise DataError(
            f"{name}: the train images are {_type_name(train)}, but the test images {_type_name(test)}.",
            "Write both splits in the same way: whole numbers from 0 to 255 as uint8, or floats from 0 to 1.",
        )


def _type_name(split: Split) -> str:
    return str(split.images.dtype).removeprefix("torch.")


def _is_black(split: Split) -> bool:
    """Return whether no pixel is brighter than 1 of 255, so that a network can hardly see anything."""
    return bool(split.images.max() <= (1 / 255 if split.images.is_floating_point() else 1))


def _on_black(which: str, *, floats: bool) -> str:
    if floats:
        return f"No pixel of the {which} images exceeds 1/255, which is almost black: were they divided by 255 twice?"
    return (
        f"No pixel of the {which} images exceeds 1, which is almost black, since white is 255. Floats from 0 to 1 are "
        "read as they are; .astype('uint8') rounds them down to 0."
    )


def _on_missing_classes(labels: Tensor, num_classes: int) -> list[str]:
    missing = (torch.bincount(labels, minlength=num_classes) == 0).nonzero().flatten().tolist()
    if not missing:
        return []
    named = ", ".join(map(str, missing[:MAX_NAMED])) + (" ..." if len(missing) > MAX_NAMED else "")
    many = f"labels {named}" if len(missing) > 1 else f"label {named}"
    return [
        f"No training image has the {many}: there are {num_classes} classes, {len(missing)} of them without images, "
        f"since labels are counted from 0 to the largest one, {num_classes - 1}."
        + (" Subtract 1 from the labels if they begin at 1." if missing == [0] else "")
    ]
