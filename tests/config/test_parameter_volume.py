"""Options of volumes of parameters that contradict each other."""

import pytest

from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.errors import UsageError


def test_a_prior_has_no_scale_where_there_is_none() -> None:
    with pytest.raises(UsageError, match="--prior-std does not apply to --weighting none"):
        ParameterVolumeConfig(weighting="none", prior_std=1.0)


def test_predicted_classes_have_no_ellipsoid() -> None:
    assert ParameterVolumeConfig(behaviour="disagreement").method == ("ellipsoid", "monte-carlo")
    with pytest.raises(UsageError, match="no second derivatives"):
        ParameterVolumeConfig(behaviour="disagreement", method=("ellipsoid",))
