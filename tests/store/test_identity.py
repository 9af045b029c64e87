"""Tables begin with as much of a run's identity as its config has."""

from dataclasses import astuple

import pytest

from geomgen.store.identity import NetworkIdentity, RunIdentity, SeededIdentity, identity_of


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"seed": 3, "arch": "mlp", "width": 7, "lr": 0.1}, NetworkIdentity("id", 3, "mlp", 7)),
        ({"seed": 3, "arch": "mlp"}, SeededIdentity("id", 3)),
        ({"seed": 3}, SeededIdentity("id", 3)),
        ({"problem": "product"}, RunIdentity("id")),
        ({}, RunIdentity("id")),
    ],
)
def test_the_largest_identity_that_the_config_fills(config: dict[str, object], expected: RunIdentity) -> None:
    found = identity_of("id", config)
    assert type(found) is type(expected)
    assert astuple(found) == astuple(expected)
