"""Protocols: each has a name of its own, options that training knows, and a sentence on how it differs."""

from dataclasses import replace

import pytest

from geomgen.config.train import TrainConfig
from geomgen.report.protocol import OTHERS, PUBLISHED, Protocol, of_data

DECLARED = (PUBLISHED, *OTHERS)


def test_names_are_distinct() -> None:
    assert len({protocol.name for protocol in DECLARED}) == len(DECLARED)


@pytest.mark.parametrize("protocol", [*DECLARED, of_data("fashion")], ids=lambda one: one.name)
def test_a_protocol_is_of_options_that_go_together_and_says_so(protocol: Protocol) -> None:
    config = replace(TrainConfig(), **protocol.options)
    assert bool(protocol.options or protocol.site) == (protocol is not PUBLISHED)
    assert all(getattr(config, name) != getattr(TrainConfig(), name) for name in protocol.options)
    assert protocol.about.endswith(".")


def test_options_are_written_as_a_sweep_takes_them() -> None:
    settings = {protocol.name: protocol.settings for protocol in DECLARED}
    assert settings["sgd"] == ("optimizer=sgd", "lr=0.1", "weight_decay=0.0")
    assert (settings["layer-norm"], settings["published"]) == (("layer_norm=true",), ())
