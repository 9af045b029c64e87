"""MNIST, which is part of the package: 70000 handwritten digits in one Parquet file of 9.3 MB.

``files/NOTICE.md`` says where it comes from; ``pack_mnist`` made it.
"""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch

from geomgen.data.dataset import Dataset, Split
from geomgen.errors import DataError

BUNDLED = Path(__file__).parent / "files" / "mnist.parquet"
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
    if not path.is_file():
        raise DataError(f"{path}, which is part of geomgen, is missing.", "Install geomgen again.")
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise DataError(f"{path} is damaged: its SHA-256 is {found}, and should be {sha256}.", "Install geomgen again.")
    table = pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False).combine_chunks()
    num_train, _ = pc.value_counts(table["split"]).field("counts").to_pylist()
    return Dataset.from_splits("mnist", _split(table[:num_train]), _split(table[num_train:]))


def _split(table: pa.Table) -> Split:
    return Split(
        _bytes(table["image"], SIDE * SIDE).reshape(-1, 1, SIDE, SIDE),
        _bytes(table["label"], 1).long(),
    )


def _bytes(column: pa.ChunkedArray, width: int) -> torch.Tensor:
    """View a column of ``width`` bytes an entry as ``(n * width,)``, uint8."""
    chunk = column.chunk(0)
    buffer = np.frombuffer(chunk.buffers()[1], np.uint8, count=len(chunk) * width, offset=chunk.offset * width)
    return torch.from_numpy(buffer)
