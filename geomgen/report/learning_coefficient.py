"""Report ``learning-coefficient``: by width and along training, beside how volume scales; and where it is known."""

import pandas as pd

from geomgen.config.llc import LLC as EXPERIMENT
from geomgen.report.averages import averaged, in_order, network
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable
from geomgen.report.curves import STATES, STEPS, WIDTH, Panel, curves, fitting
from geomgen.report.layout import averaged_table
from geomgen.report.quantities.learning import LLC, TABLE
from geomgen.report.report import Report, sources
from geomgen.report.steps import with_steps

NAME, KNOWN_NAME = "learning-coefficient", "known-coefficients"
QUESTION = "How does the learning coefficient depend on width and training, and does it say how volume scales?"
KNOWN_QUESTION = "Do chains find coefficients and occupancies that are known?"
SPECS = {
    "llc": ".3f",
    "stderr": ".3f",
    "llc_second_order": ".3f",
    "volume_scaling": ".3f",
    "half_rank": ".1f",
    "half_parameters": ".1f",
    "reference_loss": ".4f",
    "r_hat": ".3f",
}
KNOWN_SPECS = {
    "llc": ".4f",
    "stderr": ".4f",
    "llc_theory": ".4f",
    "occupancy_ratio": ".3f",
    "occupancy_ratio_stderr": ".3f",
    "occupancy_ratio_theory": ".3f",
    "r_hat": ".3f",
}
LINES = {
    "llc": "Langevin chains",
    "llc_second_order": "Hessian",
    "volume_scaling": "d ln V / d ln epsilon",
    "half_parameters": "half the parameters",
}
AGAINST_WIDTH, ALONG_TRAINING = (
    Panel("coefficient", "Learning coefficient", "log"),
    Panel("llc", "Learning coefficient"),
)
SECOND_ORDER = Panel("llc_second_order", "That of the Hessian")


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return coefficients of networks, and those of potentials beside their exact values.

    Args:
        tables: Tables of the runs.
    """
    collected = tables.collect(TABLE, LLC.remedy).latest
    rows = collected.frame
    is_known = rows["experiment"] == EXPERIMENT.name
    networks, known = rows[~is_known], rows[is_known]
    found, figures, left_out = list[MadeTable](), list[MadeFigure](), list[str]()
    if len(networks):
        networks = _with_bounds(networks)
        found.append(_of_networks(networks))
        figures, left_out = _figures(tables, networks)
    if len(known):
        found.append(_of_potentials(known))
    notes = (*collected.notes, *_verdicts(rows), *dict.fromkeys(left_out))
    return MadeReport(tuple(found), tuple(figures), notes)


def _with_bounds(rows: pd.DataFrame) -> pd.DataFrame:
    states = ["initial", *sorted(set(rows["state"]) - {*STATES}), "final"]
    return rows.assign(
        width=rows["width"].astype("Int64").astype(object),
        state=in_order(rows["state"], states),
        volume_scaling=rows["d_log_volume_d_log_tolerance"],
        half_rank=rows["hessian_rank"].astype(float) / 2,
        half_parameters=rows["num_parameters"] / 2,
    )


def _of_networks(rows: pd.DataFrame) -> MadeTable:
    specs = {name: spec for name, spec in SPECS.items() if rows[name].notna().any()}
    title = "Learning coefficients of networks"
    return averaged_table(NAME, title, QUESTION, rows, ["arch", "width", "state"], specs)


def _of_potentials(rows: pd.DataFrame) -> MadeTable:
    specs = {name: spec for name, spec in KNOWN_SPECS.items() if rows[name].notna().any()}
    return averaged_table(KNOWN_NAME, "Potentials", KNOWN_QUESTION, rows, ["potential"], specs)


def _verdicts(rows: pd.DataFrame) -> list[str]:
    """Return a note on rows whose chains say less than they seem to."""
    counts = rows.loc[~rows["converged"].astype(bool), "verdict"].value_counts()
    outside = int((rows["is_within_bounds"] == False).sum())  # noqa: E712  # null where bounds are unknown
    found = [f"{count} of {len(rows)} rows: {verdict}." for verdict, count in counts.items()]
    bounds = f"{outside} of {len(rows)} rows are outside of the bounds of second order and D/2."
    return [*found, *[bounds] * bool(outside)]


def _figures(tables: RunTables, rows: pd.DataFrame) -> tuple[list[MadeFigure], list[str]]:
    by_width, left_out = fitting(_by_width(rows[rows["state"] == "final"]))
    figures = [curves(NAME, QUESTION, by_width, WIDTH, (AGAINST_WIDTH,))]
    if not tables.has("training"):
        return figures, left_out
    along = with_steps(tables, rows, LLC.remedy).dropna(subset="step")
    if along["step"].nunique() < 2:
        return figures, left_out
    means = averaged(along, ["arch", "width", "step"], [ALONG_TRAINING.column, SECOND_ORDER.column])
    numbers, more = fitting(_named(means, along))
    question = "How does the learning coefficient change along training?"
    drawn = curves(f"{NAME}-training", question, numbers, STEPS, (ALONG_TRAINING, SECOND_ORDER))
    return [*figures, drawn], [*left_out, *more]


def _by_width(rows: pd.DataFrame) -> pd.DataFrame:
    """Return means over seeds with the coefficient and each number beside it under each other."""
    means = _named(averaged(rows, ["arch", "width"], list(LINES)), rows, sized=False)
    about = means[["width", "series"]]
    parts = [
        about.assign(
            series=about["series"].map(lambda words, line=line: f"{line}, {words}"),
            coefficient=means[name],
            coefficient_std=means[f"{name}_std"],
        )
        for name, line in LINES.items()
        if means[name].notna().any()
    ]
    return pd.concat(parts, ignore_index=True) if parts else means.assign(coefficient=None)


def _named(means: pd.DataFrame, rows: pd.DataFrame, *, sized: bool = True) -> pd.DataFrame:
    """Return means with the name of each network as the name of its line."""
    options = [name for name in varying_options(rows) if name in means]
    return means.assign(series=[network(options, run, sized=sized) for _, run in means.iterrows()])


REPORT = Report(NAME, QUESTION, sources(LLC), make)
