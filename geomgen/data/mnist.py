"""MNIST, which is part of the package: 70000 handwritten digits in one Parquet file of 9.3 MB."""

from pathlib import Path

from geomgen.data.bundled import FILES, read_bundled
from geomgen.data.dataset import Dataset

BUNDLED = FILES / "mnist.parquet"
SHA256 = "da0f171159d1570ebdf2a3f0fd51b703e5f5c8ecd5ccf5236f2530254e8f1cb3"
SIDE = 28


def read_mnist(path: Path = BUNDLED, sha256: str = SHA256) -> Dataset:
    """Read MNIST from the file that comes with the package.

    Args:
        path: A Parquet file written by ``pack_mnist``.
        sha256: Digest that the bytes of the file must have.

    Returns:
        60000 training and 10000 test images, ``(n, 1, 28, 28)``, uint8, in the canonical order.

    Raises:
        DataError: If the file is missing or a byte of it differs.
    """
    return Dataset.from_splits("mnist", *read_bundled(path, sha256, SIDE))
