"""Transforms do exactly what they say, reproducibly, and leave the global RNG alone."""

from collections.abc import Callable

import pytest
import torch

from geomgen.data.dataset import Dataset, Split
from geomgen.data.digits import read_digits
from geomgen.data.transforms import (
    as_float,
    average_pooled,
    of_classes,
    permute_pixels,
    pooled,
    subset,
    with_label_noise,
)
from geomgen.errors import UsageError

IMAGES = torch.arange(3 * 2 * 4 * 5).to(torch.uint8).reshape(3, 2, 4, 5)
LABELS = torch.arange(1000) % 7
SPLIT = Split(torch.arange(40).to(torch.uint8).reshape(10, 1, 2, 2), torch.arange(10))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_as_float_divides_by_255() -> None:
    scaled = as_float(torch.tensor([[0, 51, 255]], dtype=torch.uint8))
    torch.testing.assert_close(scaled, torch.tensor([[0, 0.2, 1]]))
    assert as_float(IMAGES).shape == IMAGES.shape


def test_as_float_copies_floats() -> None:
    images = torch.rand(2, 1, 3, 3)
    copy = as_float(images)
    assert torch.equal(copy, images)
    assert copy.data_ptr() != images.data_ptr()


def test_one_permutation_moves_all_images_and_channels() -> None:
    permuted = permute_pixels(IMAGES, seeded())
    assert permuted.shape == IMAGES.shape
    order = (permuted[0, 0].flatten() - IMAGES[0, 0, 0, 0]).long()
    assert sorted(order.tolist()) == list(range(20))
    assert order.tolist() != list(range(20))
    assert torch.equal(permuted, IMAGES.flatten(-2)[..., order].reshape(IMAGES.shape))


@pytest.mark.parametrize("fraction", [0.001, 0.1234, 0.5, 1.0])
def test_label_noise_changes_exactly_that_share(fraction: float) -> None:
    noisy = with_label_noise(LABELS, fraction, 7, seeded())
    assert int((noisy != LABELS).sum()) == round(fraction * 1000)
    assert set(noisy.tolist()) <= set(range(7))


def test_wrong_classes_are_drawn_uniformly() -> None:
    labels = torch.zeros(60000, dtype=torch.int64)
    counts = torch.bincount(with_label_noise(labels, 1, 4, seeded()), minlength=4)
    assert counts[0] == 0
    assert ((counts[1:] - 20000).abs() < 5 * (60000 * (1 / 3) * (2 / 3)) ** 0.5).all()


def test_no_label_noise_returns_the_labels() -> None:
    assert with_label_noise(LABELS, 0, 1, seeded()) is LABELS


@pytest.mark.parametrize(
    ("fraction", "num_classes", "message"),
    [
        (-0.1, 7, r"label noise of -0\.1 .* from 0 to 1"),
        (1.1, 7, r"label noise of 1\.1"),
        (float("nan"), 7, r"label noise of nan"),
        (0.5, 1, r"there is only 1"),
    ],
)
def test_impossible_label_noise_is_refused(fraction: float, num_classes: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        with_label_noise(LABELS, fraction, num_classes, seeded())


def test_subset_draws_pairs_without_replacement() -> None:
    drawn = subset(SPLIT, 6, seeded())
    assert len(set(drawn.labels.tolist())) == len(drawn) == 6
    assert torch.equal(drawn.images, SPLIT.images[drawn.labels])


@pytest.mark.parametrize("size", [0, 11])
def test_subset_needs_that_many_images(size: int) -> None:
    with pytest.raises(UsageError, match=rf"--train-size is {size}, .* has 10 images\. Give 1 to 10\."):
        subset(SPLIT, size, seeded())


@pytest.mark.parametrize(
    "transform",
    [
        lambda generator: permute_pixels(IMAGES, generator),
        lambda generator: with_label_noise(LABELS, 0.5, 7, generator),
        lambda generator: subset(SPLIT, 8, generator).labels,
    ],
)
def test_randomness_comes_from_the_generator_alone(transform: Callable[[torch.Generator], torch.Tensor]) -> None:
    before = torch.get_rng_state()
    assert torch.equal(transform(seeded(1)), transform(seeded(1)))
    assert not torch.equal(transform(seeded(1)), transform(seeded(2)))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_pooling_is_the_mean_of_each_square_rounded_once(size: int) -> None:
    images = torch.randint(256, (5, 2, 28, 14), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    found = average_pooled(images, size)
    assert (found.dtype, tuple(found.shape)) == (torch.float32, (5, 2, 28 // size, 14 // size))
    whole = torch.nn.functional.avg_pool2d(images.double(), size, divisor_override=1)
    assert torch.equal(found, (whole / (255 * size**2)).float())
    assert torch.allclose(found, torch.nn.functional.avg_pool2d(as_float(images), size), rtol=0, atol=1e-6)
    floats = average_pooled(as_float(images), size)
    assert torch.allclose(floats, found, rtol=0, atol=1e-7)


def test_images_of_the_first_classes_are_kept_in_their_order() -> None:
    digits = read_digits()
    found = of_classes(digits, 3)
    assert found.num_classes == 3
    for split, whole in ((found.train, digits.train), (found.test, digits.test)):
        rows = [index for index, label in enumerate(whole.labels.tolist()) if label in (0, 1, 2)]
        assert torch.equal(split.images, whole.images[rows])
        assert torch.equal(split.labels, whole.labels[rows])
    with pytest.raises(UsageError, match=r"--classes 11 is more than the 10 classes of .*Give 2 to 10"):
        of_classes(digits, 11)
    few = of_classes(digits, 2)
    for alone in (few, Dataset("toy", few.train.first(1), few.train.first(1), 1)):
        with pytest.raises(UsageError, match=r"is more than the [12] classes of .*\. Leave it out\.$"):
            of_classes(alone, 3)


def test_both_splits_are_pooled_and_labels_stay() -> None:
    digits = read_digits()
    found = pooled(digits, 4)
    assert found.input_shape == (1, 2, 2)
    assert torch.equal(found.test.images, average_pooled(digits.test.images, 4))
    assert torch.equal(found.train.labels, digits.train.labels)
    with pytest.raises(UsageError, match=r"--pool 5 does not divide images of 8 x 8\. Choose one of: 1, 2, 4, 8"):
        pooled(digits, 5)
