"""The arrays of an .npz file in every form that Keras publishes, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from geomgen.data.npz import read_npz
from geomgen.errors import DataError


def arrays(shape: tuple[int, ...] = (4, 5)) -> dict[str, Any]:
    return {
        "x_train": np.arange(6 * np.prod(shape)).astype(np.uint8).reshape(6, *shape),
        "y_train": np.arange(6),
        "x_test": np.ones((2, *shape), np.uint8),
        "y_test": np.array([3, 0]),
    }


def save(folder: Path, **changed: Any) -> Path:
    path = folder / "data.npz"
    np.savez_compressed(path, **(arrays() | changed))
    return path


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (2, 7, 4)])
def test_channels_come_first(tmp_path: Path, shape: tuple[int, ...]) -> None:
    expected = arrays(shape)
    dataset = read_npz(save(tmp_path, **expected))
    height, width, channels = (*shape, 1)[:3]
    assert (dataset.input_shape, dataset.num_classes) == ((channels, height, width), 6)
    assert dataset.train.images.is_contiguous()
    np.testing.assert_array_equal(dataset.train.images.permute(0, 2, 3, 1).reshape(6, *shape), expected["x_train"])


@pytest.mark.parametrize("dtype", ["u1", "i2", ">i4", "u8"])
@pytest.mark.parametrize("shape", [(6,), (6, 1)])
def test_labels_of_any_integer_dtype(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    labels = np.arange(6).astype(dtype).reshape(shape)
    assert read_npz(save(tmp_path, y_train=labels)).train.labels.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x_train": np.ones((6, 4, 5))}, r"train images are float32, but the test images uint8\. Write both splits"),
        ({"x_train": np.zeros((0, 4, 5))}, r"x_train is float64 of the shape \(0, 4, 5\)\. Images are uint8"),
        ({"x_train": np.full((6, 4, 5), "a")}, r"x_train is <U1 of the shape \(6, 4, 5\)\. Images are uint8"),
        ({"x_test": np.ones((2, 4, 5, 2), np.uint8)}, r"x_test has the shape \(2, 4, 5, 2\)\. .* 1, 3 or 4 channels"),
        ({"x_test": np.ones((2, 4), np.uint8)}, r"x_test has the shape \(2, 4\)\."),
        ({"x_test": np.ones((2, 5, 4), np.uint8)}, r"\(1, 4, 5\) .* but the test images \(1, 5, 4\)"),
        ({"y_train": np.ones(6)}, r"y_train is float64 of the shape \(6,\)\. Labels are whole numbers"),
        ({"y_train": np.eye(6, dtype=int)}, r"y_train is int64 of the shape \(6, 6\)"),
        ({"y_train": np.array(3)}, r"y_train is int64 of the shape \(\)"),
        ({"y_test": np.array([0, 6])}, r"the test split has the label 6, outside 0 to 5"),
        ({"y_test": np.array([0])}, r"2 images, but 1 labels"),
        ({"y_test": np.array([{}, 1], object)}, r"Object arrays cannot be loaded .* without object arrays"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_npz(save(tmp_path, **changed))


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", "f8"])
def test_floats_from_0_to_1_are_taken_as_they_are(tmp_path: Path, dtype: str) -> None:
    images = np.linspace(0, 1, 120).reshape(6, 4, 5).astype(dtype)
    dataset = read_npz(save(tmp_path, x_train=images, x_test=images[:2]))
    assert dataset.train.images.dtype == torch.float32
    np.testing.assert_array_equal(dataset.train.images[:, 0], images.astype("f4"))
    assert dataset.remarks == ("The images are floats from 0 to 1; they are taken as they are.",)


BYTES = np.linspace(0, 255, 120).round().reshape(6, 4, 5)


@pytest.mark.parametrize(
    ("images", "remedy", "convert"),
    [
        (BYTES, r"float64 from 0 to 255\. .* \.astype\('uint8'\), which keeps", lambda x: x.astype("u1")),
        (BYTES.astype(int), r"int64 from 0 to 255\. .* \.astype\('uint8'\)", lambda x: x.astype("u1")),
        (BYTES * 257, r"float64 from 0 to 65535\. .* Divide all .* such as 65535\.", lambda x: x / 65535),
        (BYTES + 0.5, r"float64 from 0\.5 to 255\.5\. .* Divide all .* such as 65535\.", None),
        (BYTES / 255 * 100.5, r"float64 from 0 to 100\.5\. .* Divide all .* such as 255\.", lambda x: x / 255),
        (BYTES > 99, r"bool from 0 to 1\. .* \.astype\('float32'\)", lambda x: x.astype("f4")),
        ((BYTES > 99).astype(int), r"int64 from 0 to 1\. .* \.astype\('float32'\)", lambda x: x.astype("f4")),
        (BYTES / 255 - 0.5, r"float64 from -0\.5 to 0\.5\. .* before they were normalised", lambda x: x + 0.5),
        (BYTES / 255 + np.nan, r"float64 from nan to nan\. .* Remove what is not a finite number", None),
    ],
)
def test_following_the_remedy_loses_nothing(tmp_path: Path, images: Any, remedy: str, convert: Any) -> None:
    with pytest.raises(DataError, match=rf"x_train is {remedy}"):
        read_npz(save(tmp_path, x_train=images, x_test=images[:2]))
    if convert is not None:
        dataset = read_npz(save(tmp_path, x_train=convert(images), x_test=convert(images[:2])))
        pixels = dataset.train.images[:, 0]
        assert len(pixels.unique()) == len(np.unique(images))
        assert float(pixels.max()) > (1 if pixels.dtype == torch.uint8 else 1 / 255)


def test_missing_arrays_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "half.npz", x_train=arrays()["x_train"], y_train=arrays()["y_train"])
    with pytest.raises(DataError, match=r"half\.npz has no array x_test, y_test\. It must hold x_train"):
        read_npz(tmp_path / "half.npz")


@pytest.mark.parametrize("damage", ["empty", "text", "truncated", "flipped", "npy"])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = save(tmp_path)
    data = path.read_bytes()
    np.save(tmp_path / "one.npy", np.arange(3))
    path.write_bytes(
        {
            "empty": b"",
            "text": b"no zip at all",
            "truncated": data[:-30],
            "flipped": data[:150] + bytes([data[150] ^ 1]) + data[151:],
            "npy": (tmp_path / "one.npy").read_bytes(),
        }[damage]
    )
    with pytest.raises(
        DataError, match=r"data\.npz cannot be read as an \.npz file of plain arrays: .* Write it again"
    ):
        read_npz(path)
