"""The UCI digits, which are part of the package: 1797 handwritten digits of 8 x 8 pixels in one Parquet file."""

from pathlib import Path

import torch

from geomgen.data.bundled import FILES, read_bundled
from geomgen.data.dataset import Dataset, Split

BUNDLED = FILES / "digits.parquet"
SHA256 = "458ca898c4c7022afec682d34a38b6ead1d53d072031d1c5ffc85a9583896806"
SIDE, WHITE = 8, 16


def read_digits(path: Path = BUNDLED, sha256: str = SHA256) -> Dataset:
    """Read the digits from the file that comes with the package.

    Args:
        path: A Parquet file written by ``pack_digits``.
        sha256: Digest that the bytes of the file must have.

    Returns:
        The first 1500 of the published images for training and the last 297 for testing, ``(n, 1, 8, 8)``, float32:
        the published whole numbers over 16, which is exact.

    Raises:
        DataError: If the file is missing or a byte of it differs.
    """
    return Dataset.from_splits("digits", *map(_in_unit_interval, read_bundled(path, sha256, SIDE)))


def _in_unit_interval(split: Split) -> Split:
    return Split(split.images.to(torch.float32).div_(WHITE), split.labels)
