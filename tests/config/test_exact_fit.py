"""Options of networks that fit some values exactly."""

import pytest

from geomgen.config.exact_fit import ExactFitConfig
from geomgen.errors import UsageError


def test_the_number_of_parameters() -> None:
    assert ExactFitConfig(inputs=5, width=16).num_parameters == 6 * 16 + 17
    assert ExactFitConfig(inputs=5, width=16, depth=2, sigma_b=0.0).num_parameters == 5 * 16 + 16 * 16 + 16


def test_more_values_than_there_are_inputs_are_refused() -> None:
    with pytest.raises(UsageError, match="--train-size 9 is more than the 8 inputs of 3 bits"):
        ExactFitConfig(inputs=3, train_size=9)
