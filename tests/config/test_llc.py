"""Options of llc: defaults that depend on others, and what is refused."""

import pytest

from geomgen.config.llc import DEFAULT_N_BETA, LlcConfig, is_file, known
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
        ({"power": 3}, "--power 3 is odd"),
        ({"shape": (5, 3)}, "is not m,h,n"),
        ({"true_rank": 4}, "--rank 4 is more than B A of --shape can have: 3"),
        (
            {"potential": "two-basins", "curvatures": (1.0,)},
            "--curvatures has 1 numbers and --other-curvatures 2",
        ),
        ({"curvatures": (0.0,)}, "--curvatures 0.0 is too small"),
        ({"potential": "bowl"}, "--potential 'bowl' is not known"),
        ({"potential": "quadratic", "power": 6}, "--power does not apply to --potential quadratic"),
        ({"potential": "bowl.py", "dimensions": 3}, "--dimensions does not apply to --potential bowl.py"),
        ({"depth_difference": 0.1}, "--depth-difference does not apply to a RUN.* of --potential two-basins"),
        ({"potential": "quadratic", "state": ("initial",)}, "--state does not apply to .* an option of a RUN"),
        ({"potential": "quadratic", "data": "digits"}, "--data does not apply to --potential quadratic"),
        ({"potential": "bowl.py", "minibatch_size": 5}, "--minibatch-size does not apply to --potential bowl.py"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LlcConfig(**options)  # type: ignore[arg-type]


def test_a_file_is_called_by_its_name() -> None:
    config = LlcConfig(potential="some/where/my bowl.py")
    assert is_file(str(config.potential))
    assert config.potential_name == "my bowl"
    assert not is_file("quadratic")
    assert LlcConfig(potential="two-basins").potential_name == "two-basins"


def test_an_option_that_is_not_filled_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="not filled"):
        known(None)
