"""How activations are compared pair by pair."""

import pytest

from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.errors import UsageError


def test_the_defaults_are_those_of_the_published_figures() -> None:
    config = ProbeActivationsConfig()
    assert (config.metric, config.bins, config.statistics) == (("cosine", "l2"), 200, False)
    assert config.condition == (
        "data", "control-units", "control-gaussian", "control-gaussian-pooled", "permuted-pixels",
        "infinite-width",
    )  # fmt: skip


def test_centring_adds_a_metric() -> None:
    assert ProbeActivationsConfig().metrics == ("cosine", "l2")
    assert ProbeActivationsConfig(metric=("l2",), centre=True).metrics == ("l2", "centred-cosine")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": 0}, "--bins 0 is too small"),
        ({"bins": 10_001}, "--bins 10001 is too large. It must be at most 10000"),
        ({"metric": "cosine,dot"}, "--metric 'dot' is not known. Choose one of: cosine, l2"),
        (
            {"condition": "control-units,infinite-width"},
            "--condition control-units,infinite-width lacks data, which infinite-width is compared with. "
            "Choose --condition data,infinite-width.",
        ),
    ],
)
def test_limits(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ProbeActivationsConfig.from_mapping(options, "test")
