"""Options of llc: defaults that depend on others, and what is refused."""

import pytest

from geomgen.config.llc import LlcConfig, known
from geomgen.config.potential import DEFAULT_N_BETA
from geomgen.errors import UsageError


def test_defaults_depend_on_the_potential_and_the_draws() -> None:
    network = LlcConfig(draws=70).filled()
    assert (network.burn_in, network.localization, network.n_beta) == (70, 100.0, None)
    quadratic = LlcConfig(potential="quadratic").filled()
    assert (quadratic.localization, quadratic.n_beta) == (0.0, DEFAULT_N_BETA)
    assert (network.sampler, quadratic.sampler) == ("sgld", "hmc")
    assert LlcConfig(potential="reduced-rank").filled().localization == 1.0
    assert LlcConfig(potential="reduced-rank", localization=0.0, burn_in=0).filled().localization == 0.0
    assert LlcConfig(potential="quadratic", curvatures=(1.0, 1.0, 1.0)).curvatures == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"potential": "bowl.py", "minibatch_size": 5}, "--minibatch-size does not apply to --potential bowl.py"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LlcConfig(**options)  # type: ignore[arg-type]


def test_an_option_that_is_not_filled_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="not filled"):
        known(None)
