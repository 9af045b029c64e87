"""Judges of the first text's claims on the volume of activations."""

import math
from typing import Any

import numpy as np
import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.claims.claim import Judge, Measured, Tables, Verdict
from geomgen.report.claims.intervals import (
    Interval,
    above,
    all_of,
    apart,
    around,
    at_width,
    below,
    pooled_spread,
    slope_interval,
)
from geomgen.report.claims.protocol import MADE_BY, at_protocol, by_seed, largest_width, penultimate, require_widths
from geomgen.report.claims.protocol import seed_words as seeds
from geomgen.report.width_logdet import published_rows

TABLE = "activation_volume"
SMALLEST, MIDDLE, LARGEST = 128, 4096, 8192


def log_determinants(tables: Tables, cell: str, **changed: Any) -> pd.Series:
    """Return a column of the published table in nats, by width and seed.

    Args:
        tables: Collected rows.
        cell: Name of the column.
        changed: Options that differ from the published ones.

    Raises:
        NoDataError: If no such run was measured.
    """
    rows = at_protocol(published_rows(tables[TABLE]), **changed)
    found = by_seed(rows[rows["cell"] == cell], "log_det_nats")
    if found.empty:
        raise NoDataError(f"The log determinant of {cell.replace('_', ' ')} has not been measured.", MADE_BY)
    return found


def is_log_linear(tables: Tables) -> Measured:
    """Judge T1.9: R^2 of a line through initial log determinants on log-log axes."""
    found = log_determinants(tables, "initial")
    require_widths(found, SMALLEST, LARGEST)
    means = found.groupby(level="width").mean()
    x, y = np.log(means.index.to_numpy(float)), np.log(means.to_numpy())
    slope, r_squared = slope_interval(x, y)
    half = len(x) // 2 + 1
    lower, upper = np.polyfit(x[:half], y[:half], 1)[0], np.polyfit(x[-half:], y[-half:], 1)[0]
    evidence = (
        f"{seeds(found)}; exponent {slope}, but {lower:.2f} over the lower half of the widths and {upper:.2f} over the "
        "upper: the line bends."
    )
    return Measured(Verdict.HOLDS if r_squared > 0.99 else Verdict.FAILS, evidence, r_squared)


def late_gain(cell: str, limit: float, *, want_below: bool) -> Judge:
    """Return a judge of the gain from width 4096 to 8192 over that from 128 to 4096 (T1.10, T1.12).

    Args:
        cell: Column of the published table.
        limit: Of the ratio.
        want_below: Whether the claim is that the ratio is below the limit.
    """

    def judge(tables: Tables) -> Measured:
        found = log_determinants(tables, cell)
        require_widths(found, SMALLEST, MIDDLE, LARGEST)
        ratio = gain_ratio(found)
        verdict = below(ratio, limit) if want_below else above(ratio, limit)
        evidence = f"{seeds(found)}; relative spread over seeds pooled over widths."
        return Measured(verdict, evidence, ratio.value, ratio.low, ratio.high)

    return judge


def gain_ratio(found: pd.Series) -> Interval:
    r"""Return (y_8192 - y_4096) / (y_4096 - y_128), with the interval that follows from the pooled relative spread.

    By the delta method, the relative spread of a mean of n seeds being s/sqrt(n).
    """
    groups = found.groupby(level="width")
    means, counts = groups.mean(), groups.count()
    small, middle, large = (float(means[width]) for width in (SMALLEST, MIDDLE, LARGEST))
    early, late = middle - small, large - middle
    ratio = late / early
    spread, freedom = pooled_spread(np.log(found))
    parts = {SMALLEST: ratio * small, MIDDLE: (1 + ratio) * middle, LARGEST: large}
    variance = sum((part / early) ** 2 / int(counts[width]) for width, part in parts.items())
    return around(ratio, spread * math.sqrt(variance), freedom, int(counts.min()))


def lowers_volume(tables: Tables) -> Measured:
    """Judge T1.11: the width where ln(trained / initial) changes sign."""
    quotient = (log_determinants(tables, "trained") / log_determinants(tables, "initial")).dropna()
    ratio = quotient.map(math.log)
    require_widths(ratio, SMALLEST, LARGEST)
    means = ratio.groupby(level="width").mean()
    changes = [index for index in range(len(means) - 1) if means.iloc[index] * means.iloc[index + 1] <= 0]
    if len(changes) != 1:
        return Measured(Verdict.FAILS, f"{seeds(ratio)}; the sign changes {len(changes)} times.")
    found = crossing(ratio, *means.index[changes[0] : changes[0] + 2])
    verdict = all_of(above(at_width(ratio, SMALLEST)), below(at_width(ratio, LARGEST)))
    ends = ", ".join(f"{math.expm1(means[width]):+.0%} at width {width}" for width in (means.index[0], means.index[-1]))
    evidence = f"{seeds(ratio)}; trained over initial is {ends}; spread over seeds pooled over widths."
    return Measured(verdict, evidence, found.value, found.low, found.high)


def crossing(ratio: pd.Series, first: int, second: int) -> Interval:
    r"""Return where a line between two widths, on a logarithmic axis, crosses zero; interval by the delta method."""
    spread, freedom = pooled_spread(ratio)
    one, two = (ratio.xs(width, level="width") for width in (first, second))
    a, b = float(one.mean()), float(two.mean())
    span = math.log(second / first)
    position = math.log(first) + span * a / (a - b)
    stderr = span * spread * math.hypot(b / math.sqrt(len(one)), a / math.sqrt(len(two))) / (a - b) ** 2
    found = around(position, stderr, freedom, min(len(one), len(two)))
    return Interval(math.exp(position), math.exp(found.low), math.exp(found.high), found.count)


def lowers_without_decay(tables: Tables) -> Measured:
    """Judge T1.13a: trained minus initial at the largest width, without weight decay."""
    changed = {"weight_decay": 0.0}
    difference = log_determinants(tables, "trained", **changed) - log_determinants(tables, "initial", **changed)
    width = largest_width(difference)
    if width < MIDDLE:
        raise NoDataError(f"Not measured yet at width {MIDDLE} or more without weight decay.", MADE_BY)
    found = at_width(difference, width)
    evidence = f"At width {width}; {seeds(difference)}; spread over seeds pooled over widths."
    return Measured(below(found), evidence, found.value, found.low, found.high)


def effect_of(option: str, *, want_below: bool, low: float | None = None, high: float | None = None) -> Judge:
    """Return a judge of an option's effect on the trained log determinant at the largest common width (T1.13b, c).

    Args:
        option: Name of the option.
        want_below: Whether the claim is that a higher value lowers it.
        low: Lower value; the lowest measured if not given.
        high: Higher value; the highest measured if not given.
    """

    def judge(tables: Tables) -> Measured:
        rows = at_protocol(published_rows(tables[TABLE]), option)
        values = sorted(rows[option].unique())
        ends = {option: low if low is not None else values[0]}, {option: high if high is not None else values[-1]}
        if ends[0] == ends[1]:
            raise NoDataError(f"Only one value of {option.replace('_', ' ')} has been measured.", MADE_BY)
        before, after = (log_determinants(tables, "trained", **end) for end in ends)
        difference = (after - before).dropna()
        width = largest_width(difference)
        found = at_width(difference, width)
        verdict = below(found) if want_below else above(found)
        words = f"{option.replace('_', ' ')} {ends[0][option]:g} to {ends[1][option]:g} at width {width}"
        evidence = f"From {words}, same seeds; {seeds(difference)}; spread pooled over widths."
        return Measured(verdict, evidence, found.value, found.low, found.high)

    return judge


def is_more_than_magnitude(tables: Tables) -> Measured:
    """Judge T1.18: -2 times the change in total correlation, at width 512."""
    rows = at_protocol(penultimate(tables[TABLE], rule="ledoit-wolf", condition="data"))
    states = {state: by_seed(rows[rows["state"] == state], "total_correlation_nats") for state in ("initial", "final")}
    change = (-2 * (states["final"] - states["initial"])).dropna()
    require_widths(change, 512)
    found = at_width(change, 512)
    log_dets = {state: by_seed(rows[rows["state"] == state], "log_det_nats") for state in states}
    total = float((log_dets["final"] - log_dets["initial"]).xs(512, level="width").mean())
    explained = f"ln det changes by {total:+.0f} nats, of which magnitudes explain {total - found.value:+.0f}"
    evidence = f"For the covariance after Ledoit-Wolf shrinkage, {seeds(change)}; {explained}."
    return Measured(apart(found), evidence, found.value, found.low, found.high)
