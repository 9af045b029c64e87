"""Options of ``geomgen sample``."""

import pytest

from geomgen.config.sample import SampleConfig
from geomgen.errors import UsageError


def test_weights_are_normal_unless_another_scheme_is_named() -> None:
    assert (SampleConfig().init, SampleConfig().filled().sigma_w) == ("normal", 1.0)


def test_memory_does_not_count() -> None:
    assert SampleConfig(memory=0.5).fingerprint() == SampleConfig().fingerprint()
    assert SampleConfig(draws=7).fingerprint() != SampleConfig().fingerprint()


def test_no_draws_are_refused() -> None:
    with pytest.raises(UsageError, match=r"--draws 0 is too small\. It must be at least 1\."):
        SampleConfig(draws=0)
