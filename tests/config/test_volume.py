"""By which rule the log determinant is taken."""

import pytest

from geomgen.config.volume import VolumeConfig
from geomgen.errors import UsageError


def test_the_defaults_are_the_published_ones() -> None:
    assert (VolumeConfig().rule, VolumeConfig().floor) == (("relative",), 1.0)
    assert VolumeConfig().condition == ("data", "control-features", "permuted-pixels")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "all"}, "--rule 'all' is not known. Choose one of: relative, floor, full, ledoit-wolf"),
        ({"floor": 0.0}, "--floor 0.0 is too small. It must be above 0"),
    ],
)
def test_limits(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        VolumeConfig.from_mapping(options, "test")
