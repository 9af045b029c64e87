"""Networks that have too few parameters to fit a surface of points."""

import pytest

from geomgen.config.exact_fit import ExactFitConfig
from geomgen.errors import UsageError
from geomgen.experiments.exact_fit import require_freedom


def test_as_many_parameters_as_values_are_too_few() -> None:
    require_freedom(ExactFitConfig(inputs=3, width=1, train_size=3, sigma_b=0.0))
    with pytest.raises(UsageError, match="4 parameters fit --train-size 4 at single points at most"):
        require_freedom(ExactFitConfig(inputs=3, width=1, train_size=4, sigma_b=0.0))
