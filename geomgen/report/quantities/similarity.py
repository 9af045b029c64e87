"""Quantities of the similarities of activations: their moments, their distance from controls, and shared histograms."""

import numpy as np
import pandas as pd

from geomgen.report.histograms import overlap
from geomgen.report.quantity import SITES, Quantity

SUMMARY, HISTOGRAM = "activation_similarity_summary", "activation_similarity"
UNITS, GAUSSIAN = CONTROLS = ("control-units", "control-gaussian-pooled")
PREDICTED = "infinite-width"
COSINE, CENTRED, L2 = {"metric": "cosine"}, {"metric": "centred-cosine"}, {"metric": "l2"}
OF_ACTIVATIONS = ("state", "condition")


def _moment(
    name: str, title: str, column: str, metric: dict[str, str], site: str = "pre", formula: str = ""
) -> Quantity:
    centred = ["--centre"] if metric == CENTRED else []
    return Quantity(
        name, title, SUMMARY, column, keys=OF_ACTIVATIONS, where=metric, penultimate=True, site=site,
        flags=" ".join([*centred, *([] if site == "pre" else [f"--site {','.join(SITES)}"])]),
        formula=formula or f"{column} over all pairs of test images, penultimate layer {SITES[site]}",
    )  # fmt: skip


MEAN_COSINE = _moment("cosine", "mean cosine similarity", "mean", COSINE)
COSINE_AFTER_NORM = _moment(
    "cosine_after_norm", "mean cosine similarity after norm and nonlinearity", "mean", COSINE, "post"
)
COSINE_SPREAD = _moment("cosine_spread", "standard deviation of cosine similarity", "std", COSINE)
CENTRED_SPREAD = _moment(
    "centred_spread", "standard deviation of cosine similarity without the mean activation", "std", CENTRED
)
COMMON_MODE = _moment(
    "common_mode", "share of the mean activation", "common_mode", COSINE,
    formula="|m|^2 over the mean of |a|^2, m the mean of the penultimate layer's activations a before its nonlinearity",
)  # fmt: skip
DEVIATION = _moment(
    "deviation_from_infinite_width", "deviation of cosines from infinite width", "infinite_width_rmse", COSINE,
    formula="root mean square over pairs of the cosine minus the one that the arc-cosine map predicts",
)  # fmt: skip
L2_SPREAD = _moment("l2_spread", "standard deviation of normalised L2 distance", "std", L2)


def _separations(rows: pd.DataFrame) -> pd.DataFrame:
    """Return (m - m_c) / sqrt((s^2 + s_c^2) / 2) for each control c, before training."""
    initial = rows[rows["state"] == "initial"]
    wide = initial.pivot_table(index="run_id", columns="condition", values=["mean", "std"])
    measured = set(wide.columns.get_level_values("condition"))
    parts = [_separation(wide, control) for control in CONTROLS if {"data", control} <= measured]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["run_id", "condition", "value"])


def _separation(wide: pd.DataFrame, control: str) -> pd.DataFrame:
    pooled = np.sqrt((wide["std", "data"] ** 2 + wide["std", control] ** 2) / 2)
    value = ((wide["mean", "data"] - wide["mean", control]) / pooled).dropna()
    return pd.DataFrame({"run_id": value.index, "condition": control, "value": value.to_numpy()})


SEPARATION = Quantity(
    "separation",
    "mean cosine similarity before training minus a control's",
    SUMMARY,
    _separations,
    unit="standard deviations",
    keys=("condition",),
    where=COSINE,
    penultimate=True,
    formula="(m - m_c) / sqrt((s^2 + s_c^2) / 2), m and s the mean and standard deviation over pairs, c the control",
)


def _overlaps(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the area that the densities of data and permuted pixels share, before training, in a run's first bins."""
    rows = rows[rows["bins"] == rows.groupby("run_id")["bins"].transform("first")]
    initial = rows.loc[rows["state"] == "initial", ["run_id", "condition", "bin_low", "bin_high", "density"]]
    found = {run_id: dict(iter(run.groupby("condition"))) for run_id, run in initial.groupby("run_id")}
    areas = {
        run_id: overlap(sides["data"], sides["permuted-pixels"])
        for run_id, sides in found.items()
        if {"data", "permuted-pixels"} <= set(sides)
    }
    return pd.DataFrame({"run_id": list(areas), "value": list(areas.values())})


def _overlap(name: str, of: str, metric: dict[str, str]) -> Quantity:
    title = f"overlap of the initial histograms of {of} of data and permuted pixels"
    return Quantity(
        name, title, HISTOGRAM, _overlaps, where=metric, penultimate=True, recorded=("bins",),
        formula="integral of min(p, q), p and q the densities of data and of permuted pixels before training",
    )  # fmt: skip


COSINE_OVERLAP = _overlap("cosine_overlap", "cosine similarity", COSINE)
L2_OVERLAP = _overlap("l2_overlap", "L2 distance", L2)
