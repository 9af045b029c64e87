"""Folders of IDX files, the format that MNIST and the data sets modelled on it are published in.

An IDX file is a magic number (two zero bytes, the type of an entry, the number of dimensions), the size of each
dimension as a big-endian 32-bit integer, and then the entries. Images have three dimensions (n, rows, columns) or four
(n, channels, rows, columns), labels one; only unsigned bytes (type 8) are read.
"""

import gzip
import math
import struct
import zlib
from itertools import product
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from geomgen.data.dataset import Dataset, Split
from geomgen.errors import DataError

UNSIGNED_BYTE = 0x0800
IMAGE_DIMS = (3, 4)
LABEL_DIMS = (1,)


def read_idx_folder(folder: Path) -> Dataset:
    """Read a folder of four IDX files.

    The names are the canonical ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
    ``t10k-labels-idx1-ubyte``, each also with ``.gz`` at the end or a dot before ``idx``.

    Args:
        folder: Where the files are.

    Returns:
        The data set, named after the folder.
    """
    return Dataset.from_splits(str(folder), _read_split(folder, "train"), _read_split(folder, "t10k"))


def parse_idx(data: bytes, name: str, dims: tuple[int, ...]) -> UInt8[Tensor, "..."]:
    """Parse the bytes of an IDX file.

    Args:
        data: The whole file, decompressed.
        name: Name of the file in errors.
        dims: Allowed numbers of dimensions.

    Returns:
        A tensor of the shape that the header gives.

    Raises:
        DataError: If the magic number is not one for ``dims``, or the header does not match the number of bytes.
    """
    num_dims = _num_dims(data, name, dims)
    header_size = 4 + 4 * num_dims
    if len(data) < header_size:
        raise DataError(f"{name} ends after {len(data)} bytes, within its header of {header_size}.", _fetch_again(name))
    shape = struct.unpack(f">{num_dims}I", data[4:header_size])
    expected, found = math.prod(shape), len(data) - header_size
    if expected != found or expected == 0:
        raise DataError(
            f"{name}: the header gives the shape {shape}, {expected} bytes of data, but {found} bytes follow it"
            f"{'' if found else ', and an empty file is no data set'}.",
            _fetch_again(name),
        )
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=header_size).reshape(shape).copy())


def idx_bytes(split: Split) -> tuple[bytes, bytes]:
    """Write a split in canonical IDX form; images of one channel get three dimensions.

    Args:
        split: Images and labels.

    Returns:
        The bytes of the image file and of the label file.

    Raises:
        DataError: If the images are floats, or a label does not fit into a byte.
    """
    largest = int(split.labels.max())
    if split.images.dtype != torch.uint8:
        raise DataError("Floats do not fit into an IDX file of unsigned bytes.", "Write an .npz file.")
    if largest > 255:
        raise DataError(
            f"The label {largest} does not fit into an IDX file, which holds 0 to 255.", "Write an .npz file."
        )
    images = split.images.squeeze(1) if split.images.shape[1] == 1 else split.images
    return _idx_bytes(images), _idx_bytes(split.labels.to(torch.uint8))


def _idx_bytes(entries: Tensor) -> bytes:
    header = struct.pack(f">{1 + entries.ndim}I", UNSIGNED_BYTE + entries.ndim, *entries.shape)
    return header + entries.numpy(force=True).tobytes()


def _read_split(folder: Path, prefix: str) -> Split:
    images = _read_one(folder, f"{prefix}-images", IMAGE_DIMS)
    labels = _read_one(folder, f"{prefix}-labels", LABEL_DIMS)
    return Split(images if images.ndim == 4 else images.unsqueeze(1), labels.long())


def _read_one(folder: Path, stem: str, dims: tuple[int, ...]) -> torch.Tensor:
    """Read the file of a kind, under whichever of its names it is there; under several, they must be the same."""
    names = [f"{stem}{dot}idx{d}-ubyte{suffix}" for d, dot, suffix in product(dims, "-.", ("", ".gz"))]
    there = [folder / name for name in names if (folder / name).is_file()]
    if not there:
        raise DataError(
            f"{folder} has no file {names[0]}, with or without .gz.",
            "Give a folder that holds the four IDX files of a data set.",
        )
    data = _content(there[0])
    for other in there[1:]:
        if _content(other) != data:
            raise DataError(
                f"{there[0]} and {other.name} hold different data, and either could be meant.",
                "Remove the one that is not meant, or move it to another folder.",
            )
    return parse_idx(data, str(there[0]), dims)


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    return _decompress(data, path) if path.suffix == ".gz" else data


def _decompress(data: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(data)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path} is not a whole gzip file of {len(data)} bytes: {error}.",
            f"{_fetch_again(path)} If it is already decompressed, remove .gz from its name.",
        ) from error


def _num_dims(data: bytes, name: str, dims: tuple[int, ...]) -> int:
    magic = data[:4].hex()
    known = {f"{UNSIGNED_BYTE + d:08x}": d for d in dims}
    if magic not in known:
        raise DataError(
            f"{name} starts with 0x{magic}, but the magic number should be {' or '.join(f'0x{m}' for m in known)}.",
            "Give an IDX file of unsigned bytes; if it is compressed, its name must end in .gz.",
        )
    return known[magic]


def _fetch_again(name: str | Path) -> str:
    return f"Fetch or write {Path(name).name} again."
