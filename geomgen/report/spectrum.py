"""Report ``spectrum``: what Hessian eigenvalues look like before, during and after training, and how many are zero."""

from textwrap import fill

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.averages import averaged, in_order, network
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeFigure, MadeReport
from geomgen.report.curves import STATES, STEPS, Axis, Panel, curves, fitting
from geomgen.report.layout import averaged_table
from geomgen.report.quantities.curvature import (
    DENSITY,
    LARGEST,
    NEAR_ZERO,
    NEGATIVE,
    OUTLIERS,
    SHARPNESS,
    TABLE,
    best,
    near_zero,
)
from geomgen.report.report import Report, sources
from geomgen.report.steps import with_steps
from geomgen.tables.curvature import share_column

NAME = "spectrum"
QUESTION = "How are the eigenvalues of the Hessian distributed, how many are zero, and how sharp is the minimum?"
SPECS = {
    "dimension": ".0f",
    "mean_loss": ".4f",
    LARGEST.name: ".4g",
    "eigenvalue_min": ".3g",
    NEGATIVE.name: ".3f",
    **{share_column(limit): ".3f" for limit in (1e-2, 1e-4, 1e-6)},
    "known_zero_fraction": ".3f",
    OUTLIERS.name: ".1f",
    "num_classes": ".0f",
    SHARPNESS.name: ".3f",
}
THRESHOLD = Axis("limit", "Threshold, relative to the largest |eigenvalue|", "log")
RELATIVE = Axis("relative_eigenvalue", "Eigenvalue over the largest |eigenvalue|")
SHARE = Panel("share", "Share of eigenvalues at or below it", stderr="uncertainty")
MAX_PANELS, LABEL_WIDTH, LOWEST_DENSITY = 6, 28, 1e-3
EDGE = Panel(SHARPNESS.name, "Largest eigenvalue x learning rate", level=2.0)

Drawn = tuple[MadeFigure, list[str]]
"""A figure, and notes on what it leaves out."""


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of all runs whose curvature has been measured.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If only approximations of the Hessian have been measured.
    """
    collected = tables.collect(TABLE, LARGEST.remedy).latest
    rows = best(collected.frame)
    if rows.empty:
        raise NoDataError("No run has eigenvalues of the Hessian itself.", LARGEST.remedy)
    rows = rows.assign(
        state=in_order(rows["state"], ["initial", *sorted(set(rows["state"]) - {*STATES}), "final"]),
        known_zero_fraction=rows["known_zeros"] / rows["dimension"],
    )
    specs = {name: spec for name, spec in SPECS.items() if rows[name].notna().any()}
    table = averaged_table(NAME, "Eigenvalues of the Hessian", QUESTION, rows, ["arch", "width", "state"], specs)
    made = [*_shares(rows), *_densities(tables), *_along_training(tables, rows)]
    notes = [f"{figure.name}: {note}" for figure, left_out in made for note in left_out]
    said = (*collected.notes, *_fewer_steps(collected.frame, rows), *_open(rows), *notes)
    return MadeReport((table,), tuple(figure for figure, _ in made), said)


def _fewer_steps(rows: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    count = int((rows["operator"] == "hessian").sum()) - len(shown)
    note = "Of a state that was measured several times only the dense rows or those of the most steps are shown"
    return [f"{note}; {count} are not."] * bool(count)


def _open(rows: pd.DataFrame) -> list[str]:
    """Return a note on shares that so many Lanczos steps leave open."""
    shares = near_zero(rows)
    found = shares[shares["high"] > shares["low"]].groupby("threshold", sort=False)
    ends = found["low"].min().map("{:.2f} to ".format) + found["high"].max().map("{:.2f}".format)
    said = "; ".join(f"{threshold}: {between}" for threshold, between in ends.items())
    return [f"Shares without all eigenvalues are the middle of their bounds ({said})."] * bool(said)


def _series(means: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return means with the name of each network as the name of its line."""
    options = [name for name in varying_options(rows) if name in means]
    return means.assign(series=[network(options, run) for _, run in means.iterrows()])


def _shares(rows: pd.DataFrame) -> list[Drawn]:
    """Return the share of eigenvalues near zero against what counts as zero, of trained networks."""
    found = near_zero(rows[rows["state"] == "final"])
    if found.empty:
        return []
    found = found.assign(share=found["value"], uncertainty=(found["high"] - found["low"]) / 2)
    means = averaged(found, ["arch", "width", "limit"], ["share", "uncertainty"])
    numbers, left_out = fitting(_series(means, found))
    question = "How many of a trained network's Hessian eigenvalues are zero, by what counts as zero?"
    return [(curves(NAME, question, numbers, THRESHOLD, (SHARE,)), left_out)]


def _densities(tables: RunTables) -> list[Drawn]:
    """Return the densities of one seed of each network, before and after training, a panel for each network."""
    if not tables.has(DENSITY):
        return []
    rows = best(tables.collect(DENSITY, LARGEST.remedy).latest.frame)
    rows = _series(rows[rows["state"].isin(STATES)], rows)
    if rows.empty:
        return []
    rows = rows[rows["seed"] == rows.groupby("series")["seed"].transform("min")]
    scale = rows["eigenvalue"].abs().groupby([rows["run_id"], rows["state"]]).transform("max")
    numbers = pd.DataFrame({
        "state": rows["state"].map(STATES),
        RELATIVE.column: rows["eigenvalue"] / scale,
        "series": "",
    })
    networks = list(rows["series"].unique())
    panels = []
    for index, name in enumerate(networks[:MAX_PANELS]):
        panels.append(Panel(f"density_{index}", fill(f"Density: {name}", LABEL_WIDTH), "log", bottom=LOWEST_DENSITY))
        numbers[panels[-1].column] = (rows["density"] * scale).clip(LOWEST_DENSITY).where(rows["series"] == name)
    left_out = [f"{len(networks) - MAX_PANELS} of {len(networks)} networks are left out."]
    figure = curves(f"{NAME}-density", "How are they distributed?", numbers, RELATIVE, panels)
    return [(figure, left_out * (len(networks) > MAX_PANELS))]


def _along_training(tables: RunTables, rows: pd.DataFrame) -> list[Drawn]:
    """Return sharpness against steps where some were measured during training; the last step is the training's."""
    if not tables.has("training") or set(rows["state"]) <= {*STATES} or rows[SHARPNESS.name].isna().all():
        return []
    measured = with_steps(tables, rows, LARGEST.remedy).dropna(subset=["step", SHARPNESS.name])
    numbers, left_out = fitting(_series(averaged(measured, ["arch", "width", "step"], [SHARPNESS.name]), measured))
    question = "Does training end at the edge of stability, where the largest eigenvalue is 2 over the learning rate?"
    return [(curves(f"{NAME}-sharpness", question, numbers, STEPS, (EDGE,)), left_out)]


REPORT = Report(NAME, QUESTION, sources(NEAR_ZERO), make)
