"""Functions as rows of bits: packed into bytes, as hexadecimal digits, and how sensitive they are."""

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.bool_]
"""``(functions, inputs)``."""


def packed(bits: Bits) -> NDArray[np.uint8]:
    """Return functions as bytes, input 0 in the highest bit of the first: ``(functions, ceil(inputs / 8))``."""
    return np.packbits(bits, axis=1)


def unpacked(rows: NDArray[np.uint8], num_inputs: int) -> Bits:
    """Return functions from their bytes."""
    return np.unpackbits(rows, axis=1, count=num_inputs).astype(bool)


def hexadecimal(rows: NDArray[np.uint8], num_inputs: int) -> list[str]:
    """Return functions as hexadecimal digits, four inputs each, input 0 first.

    Args:
        rows: As bytes.
        num_inputs: Number of inputs; zeros fill the last digit.
    """
    digits = -(-num_inputs // 4)
    return [row.tobytes().hex()[:digits] for row in rows]


def sensitivity(bits: Bits) -> NDArray[np.float64]:
    """Return the fraction of pairs of inputs that differ in one bit at which each function has different values.

    Args:
        bits: Values at all ``2^n`` inputs in the order in which they count, n at least 1.
    """
    cube = bits.reshape(len(bits), *(2,) * (bits.shape[1].bit_length() - 1))
    changes = [np.diff(cube, axis=axis).reshape(len(bits), -1).mean(1) for axis in range(1, cube.ndim)]
    return np.asarray(np.mean(changes, axis=0))


def shuffled_sensitivity(bits: Bits) -> NDArray[np.float64]:
    """Return the expected sensitivity of functions with their values shuffled: 2 t (m - t) / (m (m - 1)), t the ones.

    Args:
        bits: Values at m inputs, at least 2.
    """
    count, ones = bits.shape[1], bits.sum(1)
    return np.asarray(2 * ones * (count - ones) / (count * (count - 1)))
