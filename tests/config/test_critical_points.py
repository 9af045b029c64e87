"""Where searches for critical points start, and of what."""

import pytest

from geomgen.config.critical_points import CriticalPointsConfig
from geomgen.errors import UsageError


def test_the_line_of_training_and_the_runs_weight_decay_by_default() -> None:
    config = CriticalPointsConfig()
    assert (config.state, config.points, config.samples, config.l2) == (("initial", "final"), 30, 100, None)


@pytest.mark.parametrize(("option", "value"), [("points", 0), ("samples", 0), ("max_noise", -0.1), ("l2", -1e-3)])
def test_limits(option: str, value: float) -> None:
    with pytest.raises(UsageError, match=rf"--{option.replace('_', '-')} {value} is too small"):
        CriticalPointsConfig.from_mapping({option: value}, "a test")


def test_how_many_and_from_where_tell_searches_apart() -> None:
    usual = CriticalPointsConfig().fingerprint()
    assert CriticalPointsConfig(threads=2).fingerprint() == usual
    others = [CriticalPointsConfig(points=5), CriticalPointsConfig(max_noise=0.5), CriticalPointsConfig(l2=0.01)]
    assert usual not in {config.fingerprint() for config in others}
