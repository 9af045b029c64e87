"""Judges of the claims on implicit regularisation and on the path of training."""

import numpy as np
import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report import trajectory
from geomgen.report.claims.claim import Measured, Tables
from geomgen.report.claims.intervals import Interval, above, all_of, below, mean_interval, slope_interval, within
from geomgen.report.claims.protocol import MADE_BY, at_protocol
from geomgen.report.collect import latest_runs
from geomgen.report.content import records
from geomgen.report.implicit_regularization import GRADIENTS, TRAINING, best_epochs, correlations
from geomgen.report.modified_flow import ORDERS
from geomgen.report.seeds import largest_group

WIDTH = 512
TOLERANCE = 0.1


def carries_few_bits(tables: Tables) -> Measured:
    """Judge T1.16b: bits that a mini-batch's gradient carries, at width 512."""
    rows = at_protocol(tables[GRADIENTS])
    bits = trajectory.bits_a_step(rows[rows["width"] == WIDTH])
    if bits.empty:
        raise NoDataError(f"Not measured yet at width {WIDTH}.", MADE_BY)
    found = mean_interval(bits)
    images = rows["batch_size"].iloc[0]
    return Measured(
        below(found, 1.0), f"{len(bits)} seeds, {images} images per step.", found.value, found.low, found.high
    )


def moves_little(tables: Tables) -> Measured:
    """Judge T4.2: exponent of relative distance against width, for the published protocol and plain SGD."""
    last = tables[TRAINING].sort_values("epoch").groupby("run_id").tail(1).sort_values("run_id")
    parts = {"plain SGD": _plain(last), "the published protocol": _published(last)}
    measured = {words: rows for words, rows in parts.items() if rows["width"].nunique() >= trajectory.FEWEST_WIDTHS}
    if not measured:
        raise NoDataError("No optimizer has been measured at three widths.", MADE_BY)
    slopes = {
        words: slope_interval(*(np.log(rows[name].to_numpy(float)) for name in ("width", "relative_distance")))[0]
        for words, rows in measured.items()
    }
    evidence = "; ".join(f"{words}: exponent {slopes[words]}, {_at_widest(rows)}" for words, rows in measured.items())
    first = next(iter(slopes.values()))
    return Measured(all_of(*map(below, slopes.values())), f"{evidence}.", first.value, first.low, first.high)


def _plain(last: pd.DataFrame) -> pd.DataFrame:
    plain = latest_runs(last[(last["optimizer"] == "sgd") & (last["momentum"] == 0) & (last["label_noise"] == 0)])[0]
    wide = plain.groupby("data")["width"].transform("nunique") >= trajectory.FEWEST_WIDTHS
    return largest_group(plain[wide])[0] if wide.any() else plain[:0]


def _published(last: pd.DataFrame) -> pd.DataFrame:
    try:
        return at_protocol(last)
    except NoDataError:
        return last[:0]


def _at_widest(rows: pd.DataFrame) -> str:
    widest = rows["width"].max()
    distance = rows["relative_distance"][rows["width"] == widest].mean()
    return f"at width {widest} parameters move {distance:.2g} times their initial norm"


def follows_modified_flow(tables: Tables) -> Measured:
    """Judge T5.8: orders of a step's distance from gradient flow and from the flow of E + lambda E_corr."""
    orders = tables[ORDERS].drop_duplicates(["problem", "correction"], keep="last")
    flows = orders[orders["correction"].isin([0.0, 1.0])]
    if set(flows["correction"]) != {0.0, 1.0}:
        raise NoDataError("The two flows have not both been measured.", MADE_BY)
    within_theory = [
        within(interval, theory - TOLERANCE, theory + TOLERANCE)
        for interval, theory in zip(_intervals(flows), flows["order_theory"], strict=True)
    ]
    corrected = flows[flows["correction"] == 1]
    lowest = min(_intervals(corrected), key=lambda interval: interval.value)
    plain = ", ".join(f"{value:.3f}" for value in flows["order"][flows["correction"] == 0])
    evidence = f"{', '.join(corrected['problem'])}; order of gradient flow {plain}."
    return Measured(all_of(*within_theory), evidence, lowest.value, lowest.low, lowest.high)


def _intervals(orders: pd.DataFrame) -> list[Interval]:
    return [Interval(row["order"], row["order_low"], row["order_high"], row["num_steps"]) for row in records(orders)]


def is_ranked_by_lambda(tables: Tables) -> Measured:
    """Judge T5.9: rank correlations of lambda with E_corr and test accuracy over learning rates."""
    best, _ = best_epochs(tables)
    found = correlations(best) if len(best) else {}
    if not found:
        raise NoDataError("No seed has been tracked at three learning rates.", MADE_BY)
    accuracy, e_corr = found["test_accuracy"], found["e_corr"]
    rates = best["lr"][best["gradient_penalty"] == 0].unique()
    evidence = (
        f"{accuracy.count} seeds, {len(rates)} learning rates from {rates.min():g} to {rates.max():g}; rank "
        f"correlation of lambda and E_corr {e_corr}."
    )
    return Measured(all_of(below(e_corr), above(accuracy)), evidence, accuracy.value, accuracy.low, accuracy.high)
