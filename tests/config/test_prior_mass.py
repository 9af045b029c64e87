"""Options of ``geomgen prior-mass``."""

import pytest

from geomgen.config.prior_mass import ROUTES, SAMPLING, PriorMassConfig
from geomgen.errors import UsageError


def test_routes_are_those_that_apply() -> None:
    assert PriorMassConfig().filled().route == ROUTES
    assert PriorMassConfig(init="default").filled().route == (SAMPLING,)
    assert "infinite-width" not in (PriorMassConfig(activation="tanh").filled().route or ())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"route": ("rao-blackwell",), "init": "he"}, "--route rao-blackwell does not apply to --init he"),
        ({"route": ("infinite-width",), "activation": "tanh"}, "infinite-width does not apply to --activation tanh"),
        ({"draws": 0}, "--draws"),
        ({"replicates": 7}, "--replicates"),
    ],
)
def test_what_does_not_fit_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        PriorMassConfig(**options)  # type: ignore[arg-type]
