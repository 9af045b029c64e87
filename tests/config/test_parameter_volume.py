"""Options of volumes of parameters that contradict each other."""

import pytest

from geomgen.config.parameter_volume import FEWEST_RUNGS, ParameterVolumeConfig
from geomgen.errors import UsageError
from geomgen.numerics import free_energy


def test_a_prior_has_no_scale_where_there_is_none() -> None:
    with pytest.raises(UsageError, match="--prior-std does not apply to --weighting none"):
        ParameterVolumeConfig(weighting="none", prior_std=1.0)


def test_predicted_classes_have_no_ellipsoid() -> None:
    assert ParameterVolumeConfig(behaviour="disagreement").method == ("ellipsoid", "monte-carlo")
    with pytest.raises(UsageError, match="no second derivatives"):
        ParameterVolumeConfig(behaviour="disagreement", method=("ellipsoid",))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weighting": "none"}, "free-energy needs a prior: without one Z is infinite"),
        ({"behaviour": "disagreement"}, "--behaviour disagreement has no gradients everywhere"),
        ({"potential": "normal-crossing"}, "--potential normal-crossing has no gradients everywhere"),
        ({"rungs": 24}, "--rungs 24 is even"),
    ],
)
def test_what_has_no_free_energy_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ParameterVolumeConfig(method=("free-energy",), **options)  # type: ignore[arg-type]


def test_potentials_have_a_prior_of_their_own_and_chains_a_burn_in() -> None:
    assert ParameterVolumeConfig().filled().prior_std is None
    assert ParameterVolumeConfig(potential="quadratic").filled().prior_std == 1.0
    assert ParameterVolumeConfig(potential="quadratic", weighting="none").filled().prior_std is None
    assert ParameterVolumeConfig(draws=70).filled().burn_in == 70


def test_the_fewest_rungs_are_those_that_a_ladder_has() -> None:
    assert FEWEST_RUNGS == free_energy.FEWEST_RUNGS
