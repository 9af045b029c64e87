"""Boolean inputs in the order in which they count, and functions of them."""

import torch

from geomgen.data.boolean import FUNCTIONS, boolean_function, boolean_inputs
from geomgen.numerics.seeds import generator


def test_they_count_with_the_highest_bit_first() -> None:
    assert boolean_inputs(2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    inputs = boolean_inputs(10)
    assert (inputs @ 2.0 ** inputs.new_tensor(range(9, -1, -1))).tolist() == list(range(1024))


def test_functions_of_three_bits() -> None:
    inputs, source = boolean_inputs(3), generator(0, "test-functions")
    values = {name: boolean_function(name, inputs, source) for name in FUNCTIONS[:3]}
    found = {name: "".join(str(int(one)) for one in its) for name, its in values.items()}
    assert found == {"majority": "00010111", "parity": "01101001", "first": "00001111"}


def test_random_values_depend_on_the_seed_alone() -> None:
    inputs = boolean_inputs(10)
    first, again, other = (boolean_function("random", inputs, generator(seed, "test-functions")) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert 400 < int(first.sum()) < 624
