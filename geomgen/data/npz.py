"""NumPy ``.npz`` files with four arrays, the format of Keras's data sets."""

import io
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from geomgen.data.dataset import Dataset, Split
from geomgen.errors import DataError

KEYS = ("x_train", "y_train", "x_test", "y_test")
CHANNELS = (1, 3, 4)
NUMBERS = "biuf"
ALLOWED = "Images are uint8 from 0 to 255 or floats from 0 to 1"


def read_npz(path: Path) -> Dataset:
    """Read a file with the arrays ``x_train``, ``y_train``, ``x_test`` and ``y_test``.

    Images are uint8 from 0 to 255 or floats from 0 to 1, ``(n, height, width)`` or ``(n, height, width, channels)``,
    with 1, 3 or 4 channels. Labels are of any integer dtype, ``(n,)`` or ``(n, 1)``. Pickled arrays are refused.

    Args:
        path: The file.

    Returns:
        The data set, named after the file.
    """
    arrays = _load(path.read_bytes(), path)
    train, test = (
        Split(_images(arrays[f"x_{key}"], f"{path}: x_{key}"), _labels(arrays[f"y_{key}"], f"{path}: y_{key}"))
        for key in ("train", "test")
    )
    return Dataset.from_splits(str(path), train, test)


def _load(data: bytes, path: Path) -> dict[str, NDArray[np.generic]]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            missing = [key for key in KEYS if key not in archive]
            arrays = {key: archive[key] for key in KEYS if key not in missing}
    except (
        Exception
    ) as error:  # zipfile and NumPy raise a dozen error types on damaged bytes, and can fail on nothing else
        raise DataError(
            f"{path} cannot be read as an .npz file of plain arrays: {error}.",
            "Write it again with numpy.savez, without object arrays.",
        ) from error
    if missing:
        raise DataError(f"{path} has no array {', '.join(missing)}.", f"It must hold {', '.join(KEYS)}.")
    return arrays


def _images(array: NDArray[np.generic], where: str) -> torch.Tensor:
    array = _pixels(array, where)
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[-1] not in CHANNELS:
        raise DataError(
            f"{where} has the shape {array.shape}.",
            "Images are (n, height, width) or (n, height, width, channels) with 1, 3 or 4 channels.",
        )
    return torch.from_numpy(np.ascontiguousarray(array.transpose(0, 3, 1, 2)))


def _pixels(array: NDArray[np.generic], where: str) -> NDArray[np.generic]:
    """Return bytes as they are, and floats from 0 to 1 as float32.

    Raises:
        DataError: If they are neither.
    """
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind not in NUMBERS or array.size == 0:
        raise DataError(f"{where} is {array.dtype} of the shape {array.shape}.", f"{ALLOWED}.")
    low, high = float(array.min()), float(array.max())
    if array.dtype.kind == "f" and low >= 0 and high <= 1:
        return array.astype(np.float32)
    raise DataError(f"{where} is {array.dtype} from {low:g} to {high:g}. {ALLOWED}.", _conversion(array, low, high))


def _conversion(array: NDArray[np.generic], low: float, high: float) -> str:
    """Return how to write pixels so that they can be read, without losing what they hold."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return "Remove what is not a finite number."
    if low < 0:
        return "Write the images as they were before they were normalised."
    if high <= 1:
        return "Write them with .astype('float32')."
    if high <= 255 and np.array_equal(array, array.astype(np.uint8)):
        return "Write them with .astype('uint8'), which keeps these numbers."
    return f"Divide all of them, training and test, by the number that stands for white, such as {_white(high):g}."


def _white(high: float) -> float:
    return next((white for white in (2.0**8 - 1, 2.0**16 - 1, 2.0**32 - 1) if high <= white), high)


def _labels(array: NDArray[np.generic], where: str) -> torch.Tensor:
    if array.dtype.kind not in "iu" or array.shape not in {(array.size,), (array.size, 1)}:
        raise DataError(
            f"{where} is {array.dtype} of the shape {array.shape}.",
            "Labels are whole numbers of the shape (n,) or (n, 1).",
        )
    return torch.from_numpy(array.reshape(-1).astype(np.int64))
