"""Judges of the first text's claims on the similarity of activations."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.report.claims.claim import Judge, Measured, Tables, Verdict
from geomgen.report.claims.intervals import (
    Interval,
    above,
    all_of,
    at_width,
    below,
    between_widths,
    mean_interval,
    slope_interval,
    welch_interval,
    within,
)
from geomgen.report.claims.protocol import MADE_BY, at_protocol, by_seed, penultimate, require_widths, seed_words
from geomgen.report.histograms import overlap

HISTOGRAM = "activation_similarity"
SUMMARY = "activation_similarity_summary"
STATISTICS = "layer_statistics"
CONTROLS = ("control-units", "control-gaussian-pooled")
SMALL, LARGE = 512, 8192
Cell = tuple[str, str]
INITIAL, FINAL = ("initial", "data"), ("final", "data")
INITIAL_PERMUTED, FINAL_PERMUTED = ("initial", "permuted-pixels"), ("final", "permuted-pixels")


def moment(rows: pd.DataFrame, name: str, state: str, condition: str, metric: str = "cosine") -> pd.Series:
    """Return a moment of the similarities of the penultimate layer, by width and seed.

    Args:
        rows: Rows of the summary table.
        name: Its column.
        state: Parameters.
        condition: What was done to inputs or activations.
        metric: cosine or l2.

    Raises:
        NoDataError: If it was not measured.
    """
    return by_seed(penultimate(rows, state=state, condition=condition, metric=metric), name)


def change(rows: pd.DataFrame, name: str, before: Cell, after: Cell, metric: str = "cosine") -> pd.Series:
    """Return the difference of a moment between two states or conditions of the same runs, by width and seed."""
    return (moment(rows, name, *after, metric) - moment(rows, name, *before, metric)).dropna()


def separations(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by how many pooled standard deviations initial data exceed each control, by width and seed."""
    mean, std = (moment(rows, name, "initial", "data") for name in ("mean", "std"))
    found = {}
    for control in CONTROLS:
        its_mean, its_std = (moment(rows, name, "initial", control) for name in ("mean", "std"))
        found[control] = (mean - its_mean) / np.sqrt((std**2 + its_std**2) / 2)
    return pd.DataFrame(found).dropna()


def exceeds_controls(tables: Tables) -> Measured:
    """Judge T1.1 at widths 512 and 8192."""
    found = separations(at_protocol(tables[SUMMARY]))
    require_widths(found, SMALL, LARGE)
    return separated(found, (SMALL, LARGE))


def separated(found: pd.DataFrame, widths: Iterable[int]) -> Measured:
    """Judge whether every separation at these widths is above 5, with its whole interval if there are several seeds."""
    each = {
        (control, width): mean_interval(found[control].xs(width, level="width"))
        for control in CONTROLS
        for width in widths
    }
    smallest = min(each.values(), key=lambda interval: interval.value)
    verdict = all_of(*(decided_by_pairs(interval, 5) for interval in each.values()))
    words = "; ".join(
        f"{control} at width {width}: {interval.value:.3g}" for (control, width), interval in each.items()
    )
    return measured(verdict, f"{words}. {seed_words(found)}.", smallest)


def decided_by_pairs(found: Interval, limit: float) -> Verdict:
    """Return whether a quantity in units of the spread over pairs exceeds a limit; with one seed, its value alone."""
    if found.is_known:
        return above(found, limit)
    return Verdict.HOLDS if found.value > limit else Verdict.FAILS


def measured(verdict: Verdict, evidence: str, found: Interval) -> Measured:
    """Return a verdict with a value and what is known about its interval."""
    ends = (found.low, found.high) if found.is_known else (None, None)
    return Measured(verdict, evidence, found.value, *ends)


def ignores_pixel_order(tables: Tables) -> Measured:
    """Judge T1.2 at width 512."""
    rows = at_protocol(tables[SUMMARY])
    shift = change(rows, "mean", INITIAL, INITIAL_PERMUTED)
    require_widths(shift, SMALL)
    found, shared = at_width(shift, SMALL), shared_area(tables, "cosine")
    verdict = all_of(within(found, -0.02, 0.02), above(shared, 0.9))
    return measured(verdict, f"Histograms overlap by {shared}. {seed_words(shift)}.", found)


def shared_area(tables: Tables, metric: str) -> Interval:
    """Return how much the initial histograms of data and permuted pixels overlap at width 512, over seeds.

    Raises:
        NoDataError: If they were not measured.
    """
    rows = at_protocol(tables[HISTOGRAM])
    sides = (
        penultimate(rows, state=state, condition=name, metric=metric) for state, name in (INITIAL, INITIAL_PERMUTED)
    )
    one, two = (dict(iter(side[side["width"] == SMALL].groupby("seed"))) for side in sides)
    areas = [overlap(one[seed], two[seed]) for seed in one if seed in two]
    if not areas:
        raise NoDataError(f"No histograms of permuted pixels at width {SMALL}.", MADE_BY)
    return mean_interval(areas)


def spread_by_training(width: int) -> Judge:
    """Return a judge of T1.3 at a width."""
    return lambda tables: spreads(at_protocol(tables[SUMMARY]), width)


def spreads(rows: pd.DataFrame, width: int) -> Measured:
    """Judge whether training lowers the mean cosine and raises its standard deviation at a width."""
    shifts = [change(rows, name, INITIAL, FINAL) for name in ("mean", "std")]
    require_widths(shifts[0], width)
    mean, std = (at_width(shift, width) for shift in shifts)
    evidence = f"The standard deviation changes by {std}. {seed_words(shifts[0])}."
    return measured(all_of(below(mean), above(std)), evidence, mean)


def gathers_foreign_inputs(tables: Tables) -> Measured:
    """Judge T1.4 at width 512."""
    shift = change(at_protocol(tables[SUMMARY]), "mean", INITIAL_PERMUTED, FINAL_PERMUTED)
    require_widths(shift, SMALL)
    found = at_width(shift, SMALL)
    return measured(above(found), f"{seed_words(shift)}.", found)


def narrowing(rows: pd.DataFrame, metric: str) -> dict[str, Interval]:
    """Return the exponent of each control's standard deviation against width.

    Raises:
        NoDataError: If fewer than three runs, or one width, have been measured.
    """
    found = {}
    for control in CONTROLS:
        std = moment(rows, "std", "initial", control, metric)
        widths = std.index.get_level_values("width").to_numpy(float)
        if len(set(widths)) < 2 or len(widths) < 3:
            raise NoDataError("Two widths and three runs are needed for a slope.", MADE_BY)
        found[control], _ = slope_interval(np.log(widths), np.log(std.to_numpy()))
    return found


def is_the_same_when_wider(tables: Tables) -> Measured:
    """Judge T1.5 between widths 512 and 8192."""
    rows = at_protocol(tables[SUMMARY])
    mean = moment(rows, "mean", "initial", "data")
    require_widths(mean, SMALL, LARGE)
    slopes, shift = narrowing(rows, "cosine"), between_widths(mean, SMALL, LARGE)
    verdict = all_of(*(within(slope, -0.55, -0.45) for slope in slopes.values()), within(shift, -0.03, 0.03))
    worst = max(slopes.values(), key=lambda slope: abs(slope.value + 0.5))
    words = "; ".join(f"{control} {slope}" for control, slope in slopes.items())
    evidence = f"{words}. The initial mean changes by {shift} from 512 to 8192. {seed_words(mean)}."
    return measured(verdict, evidence, worst)


def holds_for_distance(tables: Tables) -> Measured:
    """Judge T1.6 at width 512, and the exponent over all widths."""
    rows = at_protocol(tables[SUMMARY])
    std = {name: moment(rows, "std", "initial", name, "l2") for name in ("data", *CONTROLS)}
    require_widths(std["data"], SMALL)
    wider = {name: at_width((std["data"] / std[name]).dropna(), SMALL) for name in CONTROLS}
    shared, slopes = shared_area(tables, "l2"), narrowing(rows, "l2")
    shift = at_width(change(rows, "std", INITIAL, FINAL, "l2"), SMALL)
    verdict = all_of(
        *(above(ratio, 1) for ratio in wider.values()),
        above(shared, 0.9),
        *(within(slope, -0.55, -0.45) for slope in slopes.values()),
        above(shift),
    )
    ratios = "; ".join(f"{ratio} times as wide as {name}" for name, ratio in wider.items())
    exponents = "; ".join(f"{name} {slope}" for name, slope in slopes.items())
    evidence = f"Initial data {ratios}. Permuted pixels overlap by {shared}. Exponents: {exponents}."
    return measured(verdict, evidence, shift)


def lenet_is_tighter(tables: Tables) -> Measured:
    """Judge T1.7: LeNet-5 compared with the MLP at their default widths."""
    mean, std = (
        welch_interval(_default_width(tables, "lenet5", name), _default_width(tables, "mlp", name))
        for name in ("mean", "std")
    )
    evidence = f"The standard deviation differs by {std}. {mean.count} seed{'s' if mean.count > 1 else ''} of each."
    return measured(all_of(above(mean), below(std)), evidence, mean)


def _default_width(tables: Tables, arch: str, name: str) -> list[float]:
    """Return a moment of initial data for each seed of an architecture at its default width.

    Raises:
        NoDataError: If it was not measured.
    """
    rows = at_protocol(tables[SUMMARY], arch=arch)
    values = moment(rows, name, "initial", "data")
    width = _default(arch)
    require_widths(values, width)
    return [float(value) for value in values.xs(width, level="width")]


def _default(arch: str) -> int:
    return int(TrainConfig(arch=arch).resolved(device="cpu", threads=1).width or 0)


def transformer_does_the_same(tables: Tables) -> Measured:
    """Judge T1.8: T1.1 and T1.3 for the transformer at its default width."""
    rows, width = at_protocol(tables[SUMMARY], arch="transformer"), _default("transformer")
    far = separations(rows)
    require_widths(far, width)
    alike, spread = separated(far, (width,)), spreads(rows, width)
    evidence = f"Before training: {alike.evidence} With training: {spread.evidence}"
    return Measured(all_of(alike.verdict, spread.verdict), evidence, spread.value, spread.low, spread.high)


def layer_norm_gathers(tables: Tables) -> Measured:
    """Judge T1.14 at width 512."""
    plain, normed = (
        moment(at_protocol(tables[SUMMARY], layer_norm=value), "mean", "initial", "data") for value in (False, True)
    )
    shift = (normed - plain).dropna()
    require_widths(shift, SMALL)
    found = at_width(shift, SMALL)
    return measured(above(found), f"{seed_words(shift)}.", found)


def grows(tables: Tables) -> Measured:
    """Judge T1.15: in how many layers the root mean square of pre-activations grows."""
    rows = at_protocol(tables[STATISTICS])
    by_state = rows.pivot_table(index=["run_id", "layer"], columns="state", values="pre_rms")
    if not {"initial", "final"} <= set(by_state):
        raise NoDataError("Both states, initial and final, are needed.", MADE_BY)
    ratio = (by_state["final"] / by_state["initial"]).dropna()
    share, runs = float((ratio > 1).mean()), len(set(ratio.index.get_level_values("run_id")))
    counts = f"{(ratio > 1).sum()} of {len(ratio)} layers of {runs} runs"
    evidence = f"{counts}; by a factor of {ratio.min():.2g} to {ratio.max():.2g}."
    verdict = Verdict.UNDECIDED if runs < 2 else Verdict.HOLDS if share > 0.9 else Verdict.FAILS
    return Measured(verdict, evidence, share)
