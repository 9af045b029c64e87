"""A data set is checked when it is made, whatever it was read from."""

import re

import pytest
import torch

from geomgen.data.dataset import Dataset, Split
from geomgen.errors import DataError, UsageError


def make_split(labels: list[int], shape: tuple[int, ...] = (1, 2, 3)) -> Split:
    images = torch.arange(len(labels)).to(torch.uint8).reshape(-1, 1, 1, 1).expand(-1, *shape)
    return Split(images, torch.tensor(labels, dtype=torch.int64))


def test_classes_and_shape_come_from_the_data() -> None:
    dataset = Dataset.from_splits("toy", make_split([0, 6, 2], (3, 2, 5)), make_split([6], (3, 2, 5)))
    assert (dataset.num_classes, dataset.input_shape) == (7, (3, 2, 5))


def test_a_subset_keeps_the_number_of_classes() -> None:
    dataset = Dataset("toy", make_split([0, 1]), make_split([2]), num_classes=3)
    assert dataset.num_classes == 3


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (make_split([0, 1]), make_split([2]), r"^toy: the test split has the label 2, outside 0 to 1\. Number"),
        (make_split([0, 1]), make_split([-1]), r"test split has the label -1, outside 0 to 1\."),
        (make_split([-3, -1]), make_split([0]), r"train split has the label -3, outside 0 to 0\."),
        (make_split([0]), make_split([]), r"test split is empty: its images have the shape \(0, 1, 2, 3\)"),
        (make_split([]), make_split([0]), r"train split is empty"),
        (make_split([0], (1, 0, 3)), make_split([0], (1, 0, 3)), r"is empty: .* \(1, 1, 0, 3\)"),
        (make_split([0]), make_split([0], (1, 3, 2)), r"the shape \(1, 2, 3\) .* test images \(1, 3, 2\)"),
        (
            make_split([0, 2**16]),
            make_split([0]),
            r"train split has the label 65536, of more than 65536 classes\. Number",
        ),
        (make_split([0, 2**62]), make_split([0]), r"train split has the label 4611686018427387904, of more than"),
        (make_split([0, 2**63 - 1]), make_split([0]), r"train split has the label 9223372036854775807, of more than"),
        (make_split([0, 1]), make_split([2**63 - 1]), r"test split has the label 9223372036854775807, outside 0 to 1"),
        (Split(make_split([0, 0]).images, torch.tensor([0])), make_split([0]), r"has 2 images, but 1 labels"),
    ],
)
def test_bad_data_is_refused(train: Split, test: Split, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Dataset.from_splits("toy", train, test)


def test_splits_of_different_types_are_refused() -> None:
    floats = Split(torch.rand(1, 1, 2, 3), torch.tensor([0]))
    with pytest.raises(DataError, match=r"train images are uint8, but the test images float32\. Write both splits"):
        Dataset.from_splits("toy", make_split([0]), floats)


@pytest.mark.parametrize(
    ("brightest", "dtype", "remark"),
    [
        (1, torch.uint8, r"No pixel of the training and test images exceeds 1, .* white is 255\. .*astype\('uint8'\)"),
        (2, torch.uint8, None),
        (1 / 255, torch.float32, r"No pixel of the training and test images exceeds 1/255, .* divided by 255 twice\?"),
        (2 / 255, torch.float32, None),
    ],
)
def test_black_images_are_told(brightest: float, dtype: torch.dtype, remark: str | None) -> None:
    images = torch.full((2, 1, 2, 3), brightest).to(dtype)
    split = Split(images, torch.tensor([0, 1]))
    told = [one for one in Dataset.from_splits("toy", split, split).remarks if "taken as they are" not in one]
    assert len(told) == (remark is not None)
    assert all(re.match(str(remark), one) for one in told)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 1, 2], None),
        ([0, 0], "^All images have the label 0: with one class, every network classifies all of them as labelled"),
        ([1, 2, 3], "has the label 0: there are 4 classes, 1 of them without images, .* 3. Subtract 1 from the labels"),
        ([0, 2], "has the label 1: there are 3 classes, 1 of them without images, .* the largest one, 2.$"),
        ([10, 20], "has the labels 0, 1, 2, 3, 4 ...: there are 21 classes, 19 of them"),
    ],
)
def test_classes_without_images_are_told(labels: list[int], words: str | None) -> None:
    split = Split(torch.full((len(labels), 1, 2, 3), 9, dtype=torch.uint8), torch.tensor(labels))
    told = Dataset.from_splits("toy", split, split).remarks
    assert len(told) == (words is not None)
    assert all(re.search(str(words), one) for one in told)


def test_first_is_a_view() -> None:
    split = make_split([4, 5, 6])
    head = split.first(2)
    assert head.labels.tolist() == [4, 5]
    assert head.images.data_ptr() == split.images.data_ptr()


@pytest.mark.parametrize("n", [-1, 0, 4])
def test_first_needs_that_many_images(n: int) -> None:
    with pytest.raises(UsageError, match=rf"first {n} images .* has 3\. Request 1 to 3\."):
        make_split([0, 1, 2]).first(n)


def test_digest_identifies_values_shapes_and_order() -> None:
    def digest(labels: list[int], shape: tuple[int, ...] = (1, 2, 3)) -> str:
        return Dataset.from_splits("toy", make_split(labels, shape), make_split([0], shape)).sha256

    assert digest([0, 1]) == digest([0, 1])
    assert len({digest([0, 1]), digest([1, 0]), digest([0, 1], (1, 3, 2)), digest([0, 1], (2, 1, 3))}) == 4
