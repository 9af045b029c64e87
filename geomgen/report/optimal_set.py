"""Report ``optimal-set``: how large the set of optimal parameters is, and how far from a random initialisation."""

import pandas as pd

from geomgen.report.averages import averaged
from geomgen.report.collect import Collected, RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import Axis, Panel, curves, fitting, named
from geomgen.report.layout import listed, listed_table
from geomgen.report.report import Report, Source, in_parts

NAME, NETWORKS = "optimal-set", "optimal-set-networks"
QUESTION = "What fraction of directions stays optimal, and how far is the optimal set from a random initialisation?"
NETWORK_QUESTION = "Does the set of a network's parameters that fit N images have k - N d dimensions?"
LINEAR = Source("regress_optimal_set", "Make one with: geomgen regress optimal-set")
JACOBIAN = Source("jacobian_rank", "Make one with: geomgen train, then geomgen jacobian RUN")
KEYS = ["samples", "features"]
FRACTION = ["optimal_fraction", "optimal_fraction_theory"]
DISTANCE = ["distance_mean", "distance_stderr", "distance_theory", "relative_distance_mean"]
MEDIAN = ["distance_median", "distance_median_low", "distance_median_high"]
SPECS = dict.fromkeys([*FRACTION, *DISTANCE, *MEDIAN], ".4g")
NETWORK_KEYS = ["arch", "width", "seed", "state", "num_samples"]
NETWORK_VALUES = ["outputs", "num_parameters", "rank", "manifold_dim", "manifold_dim_theory", "optimal_fraction"]
AXIS = Axis("ratio", "Features over samples, P/N", "log", "threshold", "as many features as samples")
PANELS = (
    Panel("optimal_fraction", "Fraction of directions that stay optimal", theory="optimal_fraction_theory"),
    Panel("distance_mean", "Mean distance to the optimal set", "log", "distance_stderr", "distance_theory"),
)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of linear models, of networks, or of both."""
    return in_parts(tables, {LINEAR: _linear, JACOBIAN: _networks})


def _linear(collected: Collected) -> MadeReport:
    rows = collected.frame.sort_values(KEYS, kind="stable")
    frame = listed(rows, ["seed", *KEYS], ["repetitions", "min_rank", "max_rank", *SPECS])
    table = listed_table(NAME, "Optimal set of linear models", QUESTION, frame, SPECS)
    means = averaged(rows, KEYS, [*FRACTION, *DISTANCE])
    means = means.assign(ratio=means["features"] / means["samples"], threshold=1)
    options = [name for name in varying_options(rows) if name not in KEYS]
    numbers, left = fitting(named(means, [*options, "samples"]))
    return MadeReport((table,), (curves(NAME, QUESTION, numbers, AXIS, PANELS),), (*collected.notes, *left))


def _networks(collected: Collected) -> MadeReport:
    rows: pd.DataFrame = collected.frame.sort_values(["width", "seed"], kind="stable")
    frame = listed(rows, NETWORK_KEYS, NETWORK_VALUES)
    table = listed_table(
        NETWORKS, "Set of parameters with the same logits", NETWORK_QUESTION, frame, {"optimal_fraction": ".6g"}
    )
    return MadeReport((table,), notes=collected.notes)


REPORT = Report(NAME, QUESTION, (LINEAR, JACOBIAN), make)
