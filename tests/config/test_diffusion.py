"""From where chains start, and how often they are looked at."""

import pytest

from geomgen.config.diffusion import DiffusionConfig
from geomgen.errors import UsageError


def test_the_step_of_the_text_by_default() -> None:
    config = DiffusionConfig()
    assert (config.state, config.n_beta) == (("final",), (2e4,))
    assert 2 * config.time_step / config.n_beta[0] == pytest.approx(1e-5)


def test_steps_are_a_multiple_of_the_interval() -> None:
    with pytest.raises(UsageError, match=r"--steps 250 is not a multiple of --interval 100\. Choose --steps 300, or"):
        DiffusionConfig(steps=250)


@pytest.mark.parametrize(("option", "value"), [("n_beta", (0.0,)), ("time_step", 0.0), ("chains", 0), ("probes", 1)])
def test_limits(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=rf"--{option.replace('_', '-')} .* is too small"):
        DiffusionConfig.from_mapping({option: value}, "a test")
