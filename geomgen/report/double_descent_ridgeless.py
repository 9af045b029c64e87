"""Part of report ``double-descent``: minimum-norm regression on normal features with its closed form."""

import numpy as np

from geomgen.report.averages import averaged
from geomgen.report.collect import Collected, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import Axis, Panel, curves, fitting, named
from geomgen.report.layout import listed, listed_table
from geomgen.report.report import Source

SOURCE = Source("regress_ridgeless", "Make one with: geomgen regress ridgeless")
NAME = "double-descent-ridgeless"
QUESTION = "Does the risk of minimum-norm regression follow its closed form on both sides of the threshold?"
KEYS = ["design", "samples", "features"]
MEAN = ["excess_risk_mean", "excess_risk_stderr", "excess_risk_theory"]
MEDIAN = ["excess_risk_median", "excess_risk_median_stderr", "excess_risk_median_theory"]
INTERVAL = ["excess_risk_median_low", "excess_risk_median_high"]
VALUES = [*MEAN, "mean_over_theory", *MEDIAN, *INTERVAL, "median_over_theory"]
AXIS = Axis("features", "Fitted features", "log", "samples", "as many features as samples")
PANELS = tuple(
    Panel(value, f"{words} excess risk", "log", stderr, theory)
    for (value, stderr, theory), words in ((MEAN, "Mean"), (MEDIAN, "Median"))
)


def part(collected: Collected) -> MadeReport:
    """Return table and figure of the runs of ``regress ridgeless``."""
    exact = collected.frame["excess_risk_theory"]
    rows = collected.frame.assign(
        mean_over_theory=collected.frame["excess_risk_mean"] / exact.where(np.isfinite(exact)),
        median_over_theory=collected.frame["excess_risk_median"] / collected.frame["excess_risk_median_theory"],
    )
    frame = listed(rows, ["seed", *KEYS], ["repetitions", *VALUES])
    table = listed_table(NAME, "Excess risk of minimum-norm regression", QUESTION, frame, dict.fromkeys(VALUES, ".4g"))
    means = averaged(rows, KEYS, [*MEAN, *MEDIAN])
    options = [name for name in varying_options(rows) if name not in KEYS]
    numbers, left = fitting(named(means, [*options, "design", "samples"]))
    return MadeReport((table,), (curves(NAME, QUESTION, numbers, AXIS, PANELS),), (*collected.notes, *left))
