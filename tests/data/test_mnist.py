"""The bundled MNIST is the published one, bit for bit, and any damage to it is noticed."""

import hashlib
from pathlib import Path

import pytest

from geomgen.data.dataset import Dataset
from geomgen.data.idx import idx_bytes
from geomgen.data.mnist import BUNDLED, read_mnist
from geomgen.errors import DataError


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return read_mnist()


def test_describes_itself(mnist: Dataset) -> None:
    assert (mnist.name, mnist.input_shape, mnist.num_classes) == ("mnist", (1, 28, 28), 10)
    assert (len(mnist.train), len(mnist.test)) == (60000, 10000)


def test_unpacks_to_the_published_files(mnist: Dataset) -> None:
    files = (*idx_bytes(mnist.train), *idx_bytes(mnist.test))
    assert [hashlib.sha256(content).hexdigest() for content in files] == [
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ]


def test_is_small() -> None:
    assert BUNDLED.stat().st_size <= 9.5e6


@pytest.mark.parametrize("position", [0, 4_000_000, -500, -1])
def test_a_flipped_byte_is_noticed(tmp_path: Path, position: int) -> None:
    data = bytearray(BUNDLED.read_bytes())
    data[position] ^= 1
    path = tmp_path / "mnist.parquet"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"mnist\.parquet is damaged: its SHA-256 is .* Install geomgen again"):
        read_mnist(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.parquet, which is part of geomgen, is missing"):
        read_mnist(tmp_path / "gone.parquet")
