"""A damaged or missing file of the package is named, whichever data set it holds."""

from pathlib import Path

import pytest

from geomgen.data.bundled import read_bundled
from geomgen.data.digits import BUNDLED, SHA256, SIDE
from geomgen.errors import DataError


def test_the_splits_are_those_of_the_file() -> None:
    train, test = read_bundled(BUNDLED, SHA256, SIDE)
    assert (tuple(train.images.shape), tuple(test.images.shape)) == ((1500, 1, 8, 8), (297, 1, 8, 8))
    assert train.labels[:5].tolist() == [0, 1, 2, 3, 4]


def test_damage_is_noticed(tmp_path: Path) -> None:
    data = bytearray(BUNDLED.read_bytes())
    data[1000] ^= 1
    path = tmp_path / "digits.parquet"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"digits\.parquet is damaged: its SHA-256 is .* Install geomgen again"):
        read_bundled(path, SHA256, SIDE)
