"""Slopes in standard errors of draws from the posterior."""

import pandas as pd
import pytest

from geomgen.report.quantities.regression import with_z


def test_z_is_in_standard_errors_of_draws_from_the_posterior() -> None:
    row = {"posterior_mean": 1.0, "posterior_variance": 0.04, "repetitions": 101}
    rows = pd.DataFrame([
        {"model": "ordinary", "slope_mean": 2.0, "slope_variance": 0.0, **row},
        {"model": "slight", "slope_mean": 1.0 + 0.2 / 101**0.5, "slope_variance": 0.04 * (1 + 0.02**0.5), **row},
    ])
    found = with_z(rows)
    assert found["mean_z"].isna().tolist() == found["variance_z"].isna().tolist() == [True, False]
    assert found["mean_z"][1] == pytest.approx(1.0)
    assert found["variance_z"][1] == pytest.approx(1.0)
