"""The limits of a search for the largest training set that is fitted."""

import pytest

from geomgen.config.emc import EmcConfig
from geomgen.errors import UsageError


def test_the_smallest_size_is_below_the_largest() -> None:
    assert EmcConfig(min_samples=32, max_samples=33).min_samples == 32
    with pytest.raises(UsageError, match=r"--min-samples 64 is not below --max-samples 64\. Choose a smaller"):
        EmcConfig(min_samples=64, max_samples=64)


@pytest.mark.parametrize(
    ("name", "value"), [("draws", 1), ("threshold", 1.5), ("resolution", -0.1), ("max_samples", 1)]
)
def test_limits(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"--{name.replace('_', '-')} {value}"):
        EmcConfig.from_mapping({name: value}, "test")


def test_it_is_a_training_procedure() -> None:
    assert EmcConfig(arch="lenet5").filled().width == 84
    with pytest.raises(UsageError, match=r"--momentum 0\.9 does not apply to --optimizer adam"):
        EmcConfig(optimizer="adam", momentum=0.9)
