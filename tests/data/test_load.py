"""A source is a bundled name, a folder or an .npz file; anything else is refused with a suggestion."""

from pathlib import Path

import numpy as np
import pytest
import torch

from geomgen.data.dataset import Split
from geomgen.data.idx import idx_bytes
from geomgen.data.load import BUNDLED_NAMES, load_dataset, remarks
from geomgen.errors import DataError, UsageError


@pytest.mark.parametrize("name", BUNDLED_NAMES)
def test_bundled_name(name: str) -> None:
    assert load_dataset(name).name == name
    assert remarks(name) == []


def test_pooled_images_are_data_of_their_own() -> None:
    whole, pooled = load_dataset("digits"), load_dataset("digits", 4)
    assert pooled.input_shape == (1, 2, 2)
    assert pooled.sha256 != whole.sha256
    assert load_dataset("digits", 4) is pooled
    assert load_dataset("digits", 1) is whole
    with pytest.raises(UsageError, match=r"--pool 3 does not divide images of 8 x 8\. Choose one of: 1, 2, 4, 8\."):
        load_dataset("digits", 3)


def test_a_folder_with_the_name_of_the_bundled_set_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert remarks("mnist") == []
    (tmp_path / "mnist").mkdir()
    assert remarks("mnist") == ["'mnist' is the data set that comes with geomgen; the folder here is --data ./mnist."]
    with pytest.raises(DataError, match="has no file train-images"):
        load_dataset("./mnist")


def test_the_same_data_from_a_folder_and_a_file(tmp_path: Path) -> None:
    images, labels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4), np.array([0, 1])
    np.savez(tmp_path / "toy.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    contents = idx_bytes(Split(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels)))
    for prefix in ("train", "t10k"):
        for kind, content in zip(("images-idx3", "labels-idx1"), contents, strict=True):
            (tmp_path / f"{prefix}-{kind}-ubyte").write_bytes(content)
    assert load_dataset(str(tmp_path / "toy.npz")).sha256 == load_dataset(str(tmp_path)).sha256


def test_data_that_have_not_changed_are_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "toy.npz"

    def write(pixel: int) -> None:
        images, labels = np.full((2, 3, 4), pixel, dtype=np.uint8), np.array([0, 1])
        np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)

    write(1)
    first = load_dataset(str(path))
    assert load_dataset(str(path)) is first
    write(2)
    assert load_dataset(str(path)).sha256 != first.sha256
    path.unlink()
    with pytest.raises(DataError, match="no data set"):
        load_dataset(str(path))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "mnits",
            r"no data set, folder or file named 'mnits'\. Did you mean 'mnist'\? Give 'mnist', 'digits', 'modul",
        ),
        ("MNIST", r"Did you mean 'mnist'\?"),
        ("nowhere.npz", r"named 'nowhere\.npz'\. Give 'mnist', 'digits', 'modular-addition:P', a folder of IDX files"),
        (__file__, r"test_load\.py is neither a folder nor an \.npz file\."),
    ],
)
def test_anything_else_is_refused(source: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_dataset(source)
