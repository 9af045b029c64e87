"""Options of nearest-point."""

import pytest

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.errors import UsageError


def test_a_search_has_more_than_one_start() -> None:
    with pytest.raises(UsageError, match="--searches 1 is too small"):
        NearestPointConfig(searches=1)
