"""How activations are compared pair by pair."""

import pytest

from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.errors import UsageError


def test_the_defaults_are_those_of_the_published_figures() -> None:
    config = ProbeActivationsConfig()
    assert (config.metric, config.bins, config.statistics) == (("cosine", "l2"), 200, False)
    assert config.condition == (
        "data", "control-units", "control-gaussian", "control-gaussian-pooled", "permuted-pixels",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": 0}, "--bins 0 is too small"),
        ({"bins": 10_001}, "--bins 10001 is too large. It must be at most 10000"),
        ({"metric": "cosine,dot"}, "--metric 'dot' is not known. Choose one of: cosine, l2"),
    ],
)
def test_limits(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ProbeActivationsConfig.from_mapping(options, "test")
