"""Report ``prior-mass``: how probable it is that a network fits before it is trained, by several routes and widths."""

import pandas as pd

from geomgen.config.prior_mass import INFINITE_WIDTH, RAO_BLACKWELL, SPLITTING
from geomgen.config.random_networks import NO_HIDDEN
from geomgen.numerics.fit import fitted_line
from geomgen.report.averages import averaged, split
from geomgen.report.by_units import UNITS, shape
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeReport, MadeTable
from geomgen.report.curves import Panel, along, curves, fitting
from geomgen.report.layout import averaged_table, listed_table
from geomgen.report.quantities.prior_mass import text_log_fraction, units
from geomgen.report.report import Report, Source

NAME = "prior-mass"
QUESTION = "How probable is it that a network fits before it is trained, and how does that depend on its width?"
TITLE = "ln P(S): prior mass of zero error"
MASS = Source("prior_mass", "Make one with: geomgen prior-mass")
SPECS = {"log_mass_nats": ".3f", "stderr": ".3f", "difference_nats": ".3f", "allowed_nats": ".3f"}
KEYS = ["route", "last_width"]
FINITE = (RAO_BLACKWELL, SPLITTING)
"""Routes to a finite width, the more precise first."""
FIT, FIT_TITLE = "prior-mass-fit", "ln P(S) less that of infinite width, fitted by a + b/h at h units, over runs"
FIT_SPECS = {"a_nats": ".3f", "b_nats": ".2f"}
FEWEST_WIDTHS = 3
PANELS = (Panel("log_mass_nats", "ln P(S) (nats)", stderr="stderr"),)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the routes beside each other, the mass against the width of the last hidden layer, and fits of it.

    Args:
        tables: Tables of the runs.
    """
    collected = tables.collect(MASS.table, MASS.remedy).latest
    rows = collected.frame
    table = averaged_table(NAME, TITLE, QUESTION, rows, KEYS, SPECS)
    numbers, left_out = fitting(_by_width(rows))
    figure = curves(NAME, QUESTION, numbers, UNITS, PANELS)
    return MadeReport((table, *_fits(rows)), (figure,), (*collected.notes, *_notes(rows), *left_out))


def _by_width(rows: pd.DataFrame) -> pd.DataFrame:
    """Return means over seeds by route and width; the limit has those of the networks that it stands beside."""
    found = averaged(rows, KEYS, ["log_mass_nats", "stderr"])
    if "hidden" not in found:
        found = found.assign(hidden=rows["hidden"].iloc[0])
    found = found[found["hidden"] != NO_HIDDEN]
    units, depth = found["hidden"].str.rpartition(",")[2].astype(int), found["hidden"].str.count(",") + 1
    options = [name for name in varying_options(rows) if name != "hidden"]
    return along(found.assign(units=units, hidden_layers=depth), ["route", "hidden_layers", *options], "units")


def _fits(rows: pd.DataFrame) -> list[MadeTable]:
    """Return the table of how finite widths approach the infinite one in each setting of three or more, if any."""
    beside = beside_limits(rows).dropna(subset=["limit_nats"])
    beside = beside.assign(hidden=beside["hidden"].map(shape))
    parts = [(words, part) for words, part in split(beside) if part["units"].nunique() >= FEWEST_WIDTHS]
    frame = pd.DataFrame([_fit(words, part) for words, part in parts])
    return [listed_table(FIT, FIT_TITLE, QUESTION, frame, FIT_SPECS)] * bool(parts)


def _fit(words: str, rows: pd.DataFrame) -> dict[str, str | float]:
    differences = rows["log_mass_nats"] - rows["limit_nats"]
    line = fitted_line((1 / rows["units"]).tolist(), differences.tolist())
    return {
        "networks": words or "all",
        "widths": rows["units"].nunique(),
        "runs": len(rows),
        "a_nats": line.intercept.value,
        "a_nats_low": line.intercept.low,
        "a_nats_high": line.intercept.high,
        "b_nats": line.slope.value,
        "b_nats_low": line.slope.low,
        "b_nats_high": line.slope.high,
    }


def beside_limits(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each run's best estimate at its width with the value of infinite width, and the text's.

    Args:
        rows: Collected rows of ``prior_mass``.
    """
    rows = rows[rows["hidden"] != NO_HIDDEN]
    limits = rows[rows["route"] == INFINITE_WIDTH].set_index("run_id")["log_mass_nats"]
    measured = rows[rows["route"].isin(FINITE) & rows["log_mass_nats"].notna()]
    order = measured["route"].map(FINITE.index).sort_values(kind="stable").index
    found = measured.loc[order].drop_duplicates("run_id").assign(units=units)
    counts = zip(found["num_parameters"], found["train_size"], strict=True)
    return found.assign(
        parameters_per_sample=found["num_parameters"] / found["train_size"],
        limit_nats=found["run_id"].map(limits),
        text_nats=[text_log_fraction(parameters, samples) for parameters, samples in counts],
    )


def _notes(rows: pd.DataFrame) -> list[str]:
    """Return how many estimates agree with another route to the same number, and why others are not resolved."""
    beside = rows["agrees"].dropna().astype(bool)
    agreement = [f"{int(beside.sum())} of {len(beside)} estimates agree with another route to the same number."]
    reasons = rows[rows["verdict"] != "resolved"].groupby(["route", "verdict"], sort=False).size().reset_index()
    unresolved = [f"{count} of {route}: {verdict}." for route, verdict, count in reasons.to_numpy()]
    return [*agreement * bool(len(beside)), *unresolved]


REPORT = Report(NAME, QUESTION, (MASS,), make)
