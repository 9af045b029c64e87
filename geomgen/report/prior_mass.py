"""Report ``prior-mass``: how probable it is that a network fits before it is trained, by several routes and widths."""

import pandas as pd

from geomgen.config.random_networks import NO_HIDDEN
from geomgen.report.averages import averaged
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import Axis, Panel, curves, fitting, named
from geomgen.report.layout import averaged_table
from geomgen.report.report import Report, Source

NAME = "prior-mass"
QUESTION = "How probable is it that a network fits before it is trained, and how does that depend on its width?"
TITLE = "ln P(S): prior mass of zero error"
MASS = Source("prior_mass", "Make one with: geomgen prior-mass")
SPECS = {"log_mass_nats": ".3f", "stderr": ".3f", "difference_nats": ".3f", "allowed_nats": ".3f"}
KEYS = ["route", "last_width"]
WIDTH = Axis("units", "Units in the last hidden layer", "doubling")
PANELS = (Panel("log_mass_nats", "ln P(S) (nats)", stderr="stderr"),)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the routes beside each other, and the mass against the width of the last hidden layer.

    Args:
        tables: Tables of the runs.
    """
    collected = tables.collect(MASS.table, MASS.remedy).latest
    rows = collected.frame
    table = averaged_table(NAME, TITLE, QUESTION, rows, KEYS, SPECS)
    numbers, left_out = fitting(_by_width(rows))
    return MadeReport(
        (table,), (curves(NAME, QUESTION, numbers, WIDTH, PANELS),), (*collected.notes, *_notes(rows), *left_out)
    )


def _by_width(rows: pd.DataFrame) -> pd.DataFrame:
    """Return means over seeds by route and width; the limit has those of the networks that it stands beside."""
    found = averaged(rows, KEYS, ["log_mass_nats", "stderr"])
    if "hidden" not in found:
        found = found.assign(hidden=rows["hidden"].iloc[0])
    found = found[found["hidden"] != NO_HIDDEN]
    units, depth = found["hidden"].str.rpartition(",")[2].astype(int), found["hidden"].str.count(",") + 1
    options = [name for name in varying_options(rows) if name != "hidden"]
    return named(found.assign(units=units, hidden_layers=depth), ["route", "hidden_layers", *options])


def _notes(rows: pd.DataFrame) -> list[str]:
    """Return how many estimates agree with another route to the same number, and why others are not resolved."""
    beside = rows["agrees"].dropna().astype(bool)
    agreement = [f"{int(beside.sum())} of {len(beside)} estimates agree with another route to the same number."]
    reasons = rows[rows["verdict"] != "resolved"].groupby(["route", "verdict"], sort=False).size().reset_index()
    unresolved = [f"{count} of {route}: {verdict}." for route, verdict, count in reasons.to_numpy()]
    return [*agreement * bool(len(beside)), *unresolved]


REPORT = Report(NAME, QUESTION, (MASS,), make)
