"""Which minima are measured, and where their regions end."""

import pytest

from geomgen.config.minima import MINIMA, MinimaConfig
from geomgen.config.nearest_point import NearestPointConfig
from geomgen.errors import UsageError


def test_minima_are_those_at_which_nearest_point_ends() -> None:
    shared = NearestPointConfig().to_mapping().keys() & MinimaConfig().to_mapping().keys()
    assert {"inputs", "target", "train_size", "width", "networks", "seed"} <= shared
    assert all(NearestPointConfig().to_mapping()[name] == MinimaConfig().to_mapping()[name] for name in shared)


def test_a_region_has_an_extent() -> None:
    with pytest.raises(UsageError, match=r"--tolerance 0"):
        MinimaConfig(tolerance=0)
    assert MINIMA.tables == ("minima",)
