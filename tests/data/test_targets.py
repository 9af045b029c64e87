"""Boolean functions and which inputs are trained on."""

import torch

from geomgen.data.boolean import boolean_inputs
from geomgen.data.targets import TARGETS, boolean_target, train_indices
from geomgen.numerics.seeds import generator


def test_functions_of_three_bits() -> None:
    inputs = boolean_inputs(3)
    found = {
        name: "".join(str(int(value)) for value in boolean_target(name, inputs, generator(0, "test")))
        for name in TARGETS[:3]
    }
    assert found == {"majority": "00010111", "parity": "01101001", "first": "00001111"}


def test_random_values_depend_on_the_seed_alone() -> None:
    inputs = boolean_inputs(10)
    first, again, other = (boolean_target("random", inputs, generator(seed, "test")) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert 400 < int(first.sum()) < 624


def test_training_inputs_are_drawn_without_replacement() -> None:
    chosen = train_indices(32, 8, generator(0, "test"))
    assert len(set(chosen.tolist())) == 8
    assert torch.equal(chosen, train_indices(32, 8, generator(0, "test")))
    assert not torch.equal(chosen, train_indices(32, 8, generator(1, "test")))
    assert sorted(train_indices(32, 32, generator(0, "test")).tolist()) == list(range(32))
