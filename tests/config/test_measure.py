"""What every measure is told of states, data and machine."""

import pytest

from geomgen.config.measure import MeasureConfig
from geomgen.errors import UsageError


def test_both_ends_of_a_training_where_the_run_says() -> None:
    config = MeasureConfig()
    assert (config.state, config.data, config.device, config.threads) == (("initial", "final"), None, "cpu", None)


def test_where_it_is_computed_does_not_tell_measures_apart() -> None:
    moved = MeasureConfig(data="elsewhere", device="auto", threads=2)
    assert moved.fingerprint() == MeasureConfig().fingerprint()
    assert MeasureConfig(state=("final",)).fingerprint() != MeasureConfig().fingerprint()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "laptop"}, "--device 'laptop' is not known"),
        ({"threads": 0}, "--threads 0 is too small"),
        ({"state": []}, "--state is empty"),
    ],
)
def test_limits(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        MeasureConfig.from_mapping(options, "test")
