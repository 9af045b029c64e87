"""Options of potentials: which of them each takes, and what is refused."""

import pytest

from geomgen.config.llc import LlcConfig
from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.config.potential import DEFAULT_N_BETA, is_file
from geomgen.errors import UsageError

CONFIGS = (LlcConfig, ParameterVolumeConfig)


@pytest.mark.parametrize("config", CONFIGS)
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
        ({"potential": "quadratic", "samples": 5}, "--samples does not apply to --potential quadratic"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    config: type[LlcConfig | ParameterVolumeConfig], options: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        config(**options)  # type: ignore[arg-type]


def test_a_file_is_called_by_its_name() -> None:
    config = LlcConfig(potential="some/where/my bowl.py")
    assert is_file(str(config.potential))
    assert config.potential_name == "my bowl"
    assert not is_file("quadratic")
    assert LlcConfig(potential="two-basins").potential_name == "two-basins"


def test_two_basins_of_a_volume_are_those_of_the_default_chains() -> None:
    assert ParameterVolumeConfig(potential="two-basins").law == LlcConfig(potential="two-basins").filled().law
    assert ParameterVolumeConfig().law == (DEFAULT_N_BETA, 0.0)
