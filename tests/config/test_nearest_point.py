"""Options of nearest-point."""

import pytest

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.errors import UsageError


def test_the_number_of_parameters() -> None:
    assert NearestPointConfig(inputs=5, width=16).num_parameters == 6 * 16 + 17
    assert NearestPointConfig(inputs=5, width=16, depth=2, sigma_b=0.0).num_parameters == 5 * 16 + 16 * 16 + 16


def test_more_values_than_there_are_inputs_are_refused() -> None:
    with pytest.raises(UsageError, match="--train-size 9 is more than the 8 inputs of 3 bits"):
        NearestPointConfig(inputs=3, train_size=9)
