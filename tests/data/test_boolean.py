"""Boolean inputs in the order in which they count."""

from geomgen.data.boolean import boolean_inputs


def test_they_count_with_the_highest_bit_first() -> None:
    assert boolean_inputs(2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    inputs = boolean_inputs(10)
    assert (inputs @ 2.0 ** inputs.new_tensor(range(9, -1, -1))).tolist() == list(range(1024))
