"""Reading the data sets that are part of the package: Parquet files that ``pack_mnist`` and ``pack_digits`` made.

``files/NOTICE.md`` gives their origin.
"""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch

from geomgen.data.dataset import Split
from geomgen.errors import DataError

FILES = Path(__file__).parent / "files"


def read_bundled(path: Path, sha256: str, side: int) -> tuple[Split, Split]:
    """Read the splits of a file that comes with the package, in the published order.

    Args:
        path: A Parquet file written by ``pack``.
        sha256: Digest that the bytes of the file must have.
        side: Height and width of an image.

    Returns:
        Training and test images, ``(n, 1, side, side)``, uint8, with their labels.

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
    return _split(table[:num_train], side), _split(table[num_train:], side)


def _split(table: pa.Table, side: int) -> Split:
    return Split(
        _bytes(table["image"], side * side).reshape(-1, 1, side, side),
        _bytes(table["label"], 1).long(),
    )


def _bytes(column: pa.ChunkedArray, width: int) -> torch.Tensor:
    """View a column of ``width`` bytes per entry as ``(n * width,)``, uint8."""
    chunk = column.chunk(0)
    buffer = np.frombuffer(chunk.buffers()[1], np.uint8, count=len(chunk) * width, offset=chunk.offset * width)
    return torch.from_numpy(buffer)
