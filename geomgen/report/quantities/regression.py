"""Quantities of regressions: polynomials, random features, sets of optimal parameters and sampled posteriors."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from geomgen.report.quantity import Quantity

POLYNOMIAL, FEATURES = "regress_polynomial", "regress_rff"
OPTIMAL_SET, LINEAR = "regress_optimal_set", "regress_linear_summary"
RIDGELESS = {"ridge": 0.0}


def _of_polynomials(column: str, title: str, formula: str, name: str = "") -> Quantity:
    return Quantity(name or column, title, POLYNOMIAL, column, keys=("basis", "degree"), formula=formula)


BIAS_SQUARED = _of_polynomials(
    "bias_squared", "squared bias", "square of the mean prediction minus the truth, mean over inputs"
)
VARIANCE = _of_polynomials("variance", "variance", "variance of the prediction over draws, mean over inputs")
POLYNOMIAL_ERROR = _of_polynomials(
    "test_error",
    "test error of polynomials",
    "squared error on new noise, mean over draws and inputs",
    "polynomial_test_error",
)


def _of_features(column: str, title: str, formula: str, name: str = "") -> Quantity:
    return Quantity(name or column, title, FEATURES, column, keys=("features",), where=RIDGELESS, formula=formula)


FEATURES_ERROR = _of_features(
    "test_error", "test error of random features", "squared error, sum over outputs", "features_test_error"
)
SOLUTION_NORM = _of_features(
    "solution_norm", "norm of the solution", "Euclidean norm of the minimum-norm least-squares weights"
)


def _underdetermined(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["features"] > rows["samples"]]


def _dimension_deviations(rows: pd.DataFrame) -> pd.DataFrame:
    wide = _underdetermined(rows)
    ranks = wide[["min_rank", "max_rank"]].sub(wide["samples"], axis=0).abs()
    return wide[["run_id", "features"]].assign(value=ranks.max(axis=1))


def _fraction_deviations(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each run's largest deviation; what rounding explains counts as none."""
    wide = _underdetermined(rows)
    deviations = (wide["optimal_fraction"] - wide["optimal_fraction_theory"]).abs()
    real = deviations.where(deviations > np.finfo(float).eps, 0.0)
    return wide[["run_id"]].assign(value=real).groupby("run_id", as_index=False).max()


DIMENSION_DEVIATION = Quantity(
    "dimension_deviation",
    "deviation from k - N of the dimension of linear models' optimal parameters",
    OPTIMAL_SET,
    _dimension_deviations,
    unit="dimensions",
    keys=("features",),
    formula="largest |rank - N| over draws, at every number k of features above N",
)
FRACTION_DEVIATION = Quantity(
    "fraction_deviation",
    "deviation from (P - N)/P of the fraction of directions that stay optimal",
    OPTIMAL_SET,
    _fraction_deviations,
    formula="largest |optimal fraction - (P - N)/P| over numbers P of features above N",
)


def with_z(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the slopes' deviation from the posterior, in standard errors: ``mean_z``, ``variance_z``.

    The standard errors are those of draws from the posterior; the ordinary model always ends at the same slope and has
    none.
    """
    variance, count = rows["posterior_variance"], rows["repetitions"]
    mean_z: pd.Series = (rows["slope_mean"] - rows["posterior_mean"]) / (variance / count) ** 0.5
    variance_z: pd.Series = (rows["slope_variance"] / variance - 1) / (2 / (count - 1)) ** 0.5
    samples = rows["model"] != "ordinary"
    return rows.assign(mean_z=mean_z.where(samples), variance_z=variance_z.where(samples))


def _z(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def read(rows: pd.DataFrame) -> pd.DataFrame:
        found = with_z(rows)
        return found[["run_id", "model"]].assign(value=found[column])

    return read


def _of_slopes(name: str, moment: str, formula: str) -> Quantity:
    title = f"{moment} of the trained slope less the posterior's"
    return Quantity(name, title, LINEAR, _z(name), unit="standard errors", keys=("model",), formula=formula)


MEAN_Z = _of_slopes("mean_z", "mean", "(mean slope - posterior mean) / sqrt(posterior variance / draws)")
VARIANCE_Z = _of_slopes(
    "variance_z", "variance", "(variance of slopes / posterior variance - 1) / sqrt(2 / (draws - 1))"
)
