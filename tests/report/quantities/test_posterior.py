"""Quantities of training beside the posterior: points whose chains have not converged."""

import pandas as pd

from geomgen.report.quantities.posterior import is_unconverged


def test_only_points_whose_chains_said_so_are_unconverged() -> None:
    points = pd.DataFrame({"converged": [True, False, None]})
    assert is_unconverged(points).tolist() == [False, True, False]
