"""Options of nearest-point."""

import pytest

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.errors import UsageError


def test_a_search_has_more_than_one_start() -> None:
    with pytest.raises(UsageError, match="--searches 1 is too small"):
        NearestPointConfig(searches=1)


def test_the_product_takes_no_options_of_networks() -> None:
    for options in ({"seed": 1}, {"width": 8}, {"draws": 0}, {"parametrisation": "ntk"}):
        (name,) = options
        with pytest.raises(UsageError, match=f"--{name} does not apply to --problem product"):
            NearestPointConfig(problem="product", **options)
    searched = NearestPointConfig(problem="product", searches=8, threads=2)
    assert NearestPointConfig.from_mapping(searched.to_mapping(), "a run") == searched
