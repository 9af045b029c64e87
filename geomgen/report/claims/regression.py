"""Judges of the claims on regression: posteriors, sets of solutions, and double descent over features."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.claims.claim import Measured, Tables, Verdict
from geomgen.report.claims.intervals import above, all_of, below, mean_interval, slope_interval
from geomgen.report.claims.protocol import MADE_BY
from geomgen.report.error_peaks import DoubleDescent, double_descent
from geomgen.report.posterior_regression import with_z

LINEAR, POLYNOMIAL, RFF = "regress_linear_summary", "regress_polynomial", "regress_rff"
OPTIMAL_SET, JACOBIAN = "regress_optimal_set", "jacobian_rank"
MOST_Z = 3.0
FEWEST_SAMPLE_SIZES = 3


def has_dimension_k_minus_nd(tables: Tables) -> Measured:
    """Judge T4.1: dimension of the set of solutions, of linear models and of networks."""
    linear, networks = tables[OPTIMAL_SET], tables[JACOBIAN]
    linear = linear[linear["features"] > linear["samples"]]
    equations = networks["num_samples"] * networks["outputs"]
    networks = networks[networks["num_parameters"] > equations]
    deviations = [
        *(linear["samples"] - linear["min_rank"]),
        *(linear["max_rank"] - linear["samples"]),
        *(networks["manifold_dim"] - networks["manifold_dim_theory"]),
    ]
    evidence = f"{len(linear)} sizes of linear models and {len(networks)} states of networks."
    return _equality(deviations, evidence)


def leaves_free_the_optimal_fraction(tables: Tables) -> Measured:
    """Judge T2.4: fraction of directions that stay optimal in linear models."""
    rows = tables[OPTIMAL_SET]
    rows = rows[rows["features"] > rows["samples"]]
    deviations = rows["optimal_fraction"] - rows["optimal_fraction_theory"]
    return _equality(list(deviations.where(deviations.abs() > np.finfo(float).eps, 0.0)), f"{len(rows)} sizes.")


def _equality(deviations: Sequence[float], evidence: str) -> Measured:
    if not deviations:
        raise NoDataError("No model with more parameters than equations has been measured.", MADE_BY)
    largest = float(np.abs(deviations).max())
    return Measured(Verdict.FAILS if largest else Verdict.HOLDS, evidence, largest)


def samples_the_posterior(tables: Tables) -> Measured:
    """Judge T4.6: mean and variance of the trained slopes and of the posterior, in the run with the most draws."""
    rows = tables[LINEAR]
    rows = rows[rows["term_prior"] == "unit"]
    if rows.empty:
        raise NoDataError("No run has terms of unit variance.", MADE_BY)
    run = with_z(rows[rows["run_id"] == rows.sort_values("repetitions")["run_id"].iloc[-1]])
    z = run[["mean_z", "variance_z"]].to_numpy(float)
    largest = float(np.nanmax(np.abs(z)))
    slopes = ", ".join(f"{model} {mean:.3f}" for model, mean in zip(run["model"], run["slope_mean"], strict=True))
    first = run.iloc[0]
    mean, std = first["posterior_mean"], first["posterior_variance"] ** 0.5
    evidence = f"{first['repetitions']} draws each; mean slopes: {slopes}; posterior mean {mean:.3f}, std {std:.3f}."
    return Measured(Verdict.HOLDS if largest < MOST_Z else Verdict.FAILS, evidence, largest)


def has_a_classical_u(tables: Tables) -> Measured:
    """Judge T5.1: bias and variance against the degree, up to half as many parameters as points."""
    rows = tables[POLYNOMIAL]
    rows = rows[(rows["run_id"] == rows["run_id"].iloc[-1]) & (2 * (rows["degree"] + 1) <= rows["samples"])]
    curve = rows[rows["basis"] == rows["basis"].iloc[0]].sort_values("degree") if len(rows) else rows
    if len(curve) < 4:
        raise NoDataError("Fewer than four degrees with at most half as many parameters as points.", MADE_BY)
    bias, _ = slope_interval(curve["degree"], curve["bias_squared"])
    variance, _ = slope_interval(curve["degree"], np.log(curve["variance"].astype(float)))
    lowest = curve.loc[curve["test_error"].astype(float).idxmin(), "degree"]
    between = curve["degree"].iloc[0] < lowest < curve["degree"].iloc[-1]
    evidence = (
        f"Degrees {curve['degree'].iloc[0]} to {curve['degree'].iloc[-1]}; squared bias changes by {bias} per degree, "
        f"ln variance by {variance}."
    )
    verdict = all_of(below(bias), above(variance), Verdict.HOLDS if between else Verdict.FAILS)
    return Measured(verdict, evidence, float(lowest))


def peaks_and_descends_again(tables: Tables) -> Measured:
    """Judge T5.2: peak and minima of the test error of random Fourier features on MNIST, over seeds."""
    curves = _curves(tables)
    marks = [double_descent(curve, "features", "test_error") for curve in curves]
    samples = int(curves[0]["samples"].iloc[0])
    found = mean_interval(mark.second_error - mark.first_error for mark in marks)
    at_threshold = Verdict.HOLDS if all(mark.is_peak_at(samples) for mark in marks) else Verdict.FAILS
    first, second = (np.mean([getattr(mark, name) for mark in marks]) for name in ("first_error", "second_error"))
    evidence = (
        f"{len(marks)} seeds, {samples} samples: peaks at {_peaks(marks)} features; lowest test error {first:.3g} "
        f"before the peak, {second:.3g} beyond it."
    )
    return Measured(all_of(at_threshold, below(found)), evidence, found.value, found.low, found.high)


def has_its_threshold_at_the_samples(tables: Tables) -> Measured:
    """Judge T5.3: features at the peak over samples, at several numbers of samples; outputs have separate weights."""
    rows = _ridgeless(tables)
    sizes = {int(group["samples"].iloc[0]): group for _, group in rows.groupby("samples") if _spans_threshold(group)}
    if len(sizes) < FEWEST_SAMPLE_SIZES:
        raise NoDataError(f"Fewer than {FEWEST_SAMPLE_SIZES} numbers of samples have been measured.", MADE_BY)
    marks = {
        size: [double_descent(curve, "features", "test_error") for _, curve in group.groupby("run_id")]
        for size, group in sizes.items()
    }
    ratios = [mark.peak / size for size, its_marks in marks.items() for mark in its_marks]
    fits = all(mark.is_peak_at(size) for size, its_marks in marks.items() for mark in its_marks)
    words = "; ".join(f"{size} samples: {_peaks(its_marks)}" for size, its_marks in marks.items())
    value = max(ratios, key=lambda ratio: abs(np.log(ratio)))
    evidence = f"The {rows['outputs'].iloc[0]} outputs have separate weights; peaks in features per output: {words}."
    return Measured(Verdict.HOLDS if fits else Verdict.FAILS, evidence, value)


def norm_and_error_fall_together(tables: Tables) -> Measured:
    """Judge T5.10: log-log slopes of norm and test error against features past the peak, over seeds."""
    slopes = [_slopes_past_peak(curve) for curve in _curves(tables)]
    norm, error = (mean_interval(values) for values in zip(*slopes, strict=True))
    evidence = f"{len(slopes)} seeds; slope of ln test error {error}."
    return Measured(all_of(below(norm), below(error)), evidence, norm.value, norm.low, norm.high)


def _slopes_past_peak(curve: pd.DataFrame) -> tuple[float, float]:
    past = curve[curve["features"] > double_descent(curve, "features", "test_error").peak]
    if len(past) < 3:
        raise NoDataError("Fewer than three numbers of features past the peak.", MADE_BY)
    features, norms, errors = (
        np.log(past[name].to_numpy(float)) for name in ("features", "solution_norm", "test_error")
    )
    return float(np.polyfit(features, norms, 1)[0]), float(np.polyfit(features, errors, 1)[0])


def _ridgeless(tables: Tables) -> pd.DataFrame:
    """Return the ridgeless rows on MNIST without label noise."""
    rows = tables[RFF]
    rows = rows[(rows["ridge"] == 0) & (rows["data"] == "mnist") & (rows["label_noise"] == 0)]
    rows = rows.drop_duplicates(["samples", "seed", "features"], keep="last")
    if rows.empty:
        raise NoDataError("No ridgeless fit of MNIST without label noise has been made.", MADE_BY)
    return rows


def _curves(tables: Tables) -> list[pd.DataFrame]:
    """Return the curves of all seeds at the number of samples with the most seeds (the largest of several)."""
    rows = _ridgeless(tables)
    rows = pd.concat([group for _, group in rows.groupby(["samples", "seed"]) if _spans_threshold(group)] or [rows[:0]])
    if rows.empty:
        raise NoDataError("No curve has features below and above the number of samples.", MADE_BY)
    seeds = rows.groupby("samples")["seed"].nunique()
    size = seeds[seeds == seeds.max()].index.max()
    return [curve for _, curve in rows[rows["samples"] == size].groupby("seed")]


def _spans_threshold(rows: pd.DataFrame) -> bool:
    return bool((rows["features"] < rows["samples"]).any() and (rows["features"] > rows["samples"]).any())


def _peaks(marks: Sequence[DoubleDescent]) -> str:
    return ", ".join(str(int(peak)) for peak in dict.fromkeys(mark.peak for mark in marks))
