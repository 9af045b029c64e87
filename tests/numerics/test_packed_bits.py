"""Functions as bits: packing, digits and sensitivity against their definitions."""

import numpy as np
import pytest

from geomgen.numerics.packed_bits import hexadecimal, packed, sensitivity, shuffled_sensitivity, unpacked


@pytest.mark.parametrize("count", [1, 4, 13, 32, 128])
def test_packing_is_undone(count: int) -> None:
    bits = np.random.default_rng(count).random((50, count)) < 0.5
    assert (unpacked(packed(bits), count) == bits).all()


def test_input_0_comes_first_in_the_digits() -> None:
    bits = np.zeros((2, 6), bool)
    bits[0, 0] = bits[1, 5] = True
    assert hexadecimal(packed(bits), 6) == ["80", "04"]
    assert hexadecimal(packed(bits[:, :4]), 4) == ["8", "0"]


def test_sensitivity_counts_flips_that_change_the_value() -> None:
    numbers = np.arange(8)
    functions = np.array([numbers >= 0, [bin(number).count("1") % 2 == 1 for number in numbers], numbers >= 4])
    assert sensitivity(functions).tolist() == pytest.approx([0, 1, 1 / 3])
    bits = np.random.default_rng(0).random((20, 32)) < 0.4
    slow = [
        np.mean([row[number] != row[number ^ (1 << bit)] for number in range(32) for bit in range(5)]) for row in bits
    ]
    assert sensitivity(bits).tolist() == pytest.approx(slow)


def test_shuffled_functions_have_the_expected_sensitivity() -> None:
    source = np.random.default_rng(1)
    bits = np.repeat(source.random((1, 32)) < 0.3, 4000, axis=0)
    found = sensitivity(source.permuted(bits, axis=1))
    assert abs(found.mean() - shuffled_sensitivity(bits)[0]) < 5 * found.std() / 4000**0.5
