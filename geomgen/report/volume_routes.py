"""Report ``volume-routes``: the volume around one checkpoint by routes that check each other, side by side."""

import math

import pandas as pd

from geomgen.config.parameter_volume import FREE_ENERGY
from geomgen.errors import NoDataError
from geomgen.report.averages import averaged
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import Axis, Panel, along, curves, fitting
from geomgen.report.layout import listed, listed_table
from geomgen.report.quantities.parameter_volume import TABLE
from geomgen.report.report import Report, Source
from geomgen.tables.parameter_volume import RESOLVED

NAME = "volume-routes"
QUESTION = "Do second derivatives, rays and free energy find the same volume around one checkpoint?"
REMEDY = "Make one with: geomgen volume RUN --space parameters --method ellipsoid,monte-carlo,free-energy"
KEYS = ["state", "behaviour", "gauge", "tolerance", "method"]
PLACE = ["run_id", *KEYS[:-1], "num_samples", "prior_std"]
"""What two routes must share to be routes to one volume."""
SPECS = {
    "log_volume_nats": ".2f",
    "stderr": ".2f",
    "difference_nats": ".2f",
    "allowed_nats": ".2f",
    "quadratic_correction_nats": ".2f",
    "d_log_volume_d_log_tolerance": ".2f",
    "d_log_volume_d_log_tolerance_stderr": ".2f",
}
STDERRS = 3
"""A difference of two routes is allowed up to so many standard errors of it."""
PANELS = (
    Panel("log_volume_nats", "ln V (nats)", stderr="stderr"),
    Panel("d_log_volume_d_log_tolerance", "d ln V / d ln eps", stderr="d_log_volume_d_log_tolerance_stderr"),
)
TOLERANCE = Axis("tolerance", "Tolerance (nats)", "log")
COPIES = (
    "Free energy counts all of parameter space, and so every copy of a network with units exchanged or signs turned; "
    "the other routes count the region around the checkpoint."
)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return volumes by every route around the checkpoints that have one by free energy.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If there is none.
    """
    collected = tables.collect(TABLE, REMEDY).latest
    rows = _beside_free_energy(collected.frame)
    if rows.empty:
        raise NoDataError(f"No run has a volume by {FREE_ENERGY}.", REMEDY)
    frame = listed(rows, ["seed", *KEYS], [*SPECS, "is_lower_bound", "verdict"])
    table = listed_table(NAME, "ln V by several routes", QUESTION, frame, SPECS)
    numbers, left_out = fitting(_means(rows))
    figure = curves(NAME, QUESTION, numbers, TOLERANCE, PANELS)
    return MadeReport((table,), (figure,), (*collected.notes, _agreement(rows), COPIES, *left_out))


def _beside_free_energy(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of checkpoints with a free energy, with their differences from it and what these may be.

    The difference of volumes that are not resolved may be anything.
    """
    rows = rows[rows["weighting"] == "prior"]
    energies = rows[rows["method"] == FREE_ENERGY].drop_duplicates(PLACE, keep="last")
    energies = energies[[*PLACE, "log_volume_nats", "stderr", "verdict"]]
    found = _settled(rows.merge(energies, on=PLACE, suffixes=("", "_energy"))).sort_values([*PLACE, "method"])
    is_other = found["method"] != FREE_ENERGY
    is_judged = is_other & (found["verdict"] == RESOLVED) & (found["verdict_energy"] == RESOLVED)
    return found.assign(
        difference_nats=(found["log_volume_nats"] - found["log_volume_nats_energy"]).where(is_other),
        allowed_nats=(STDERRS * found["stderr"].combine(found["stderr_energy"], math.hypot)).where(is_judged),
    )


def _settled(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows without the options that only one method has, or that each method has one value of."""
    by_method = rows.groupby("method")
    fixed = [name for name in varying_options(rows) if by_method[name].nunique(dropna=False).max() <= 1]
    return rows.drop(columns=[name for name in fixed if name not in KEYS])


def _means(rows: pd.DataFrame) -> pd.DataFrame:
    """Return means over runs of each setting along the tolerance, named by their options, state and method."""
    values = [name for panel in PANELS for name in (panel.column, panel.stderr)]
    found = averaged(rows, KEYS, values)
    options = [name for name in varying_options(rows) if name not in KEYS]
    names = [*options, *(key for key in KEYS if key != TOLERANCE.column)]
    return along(found, names, TOLERANCE.column).drop(columns="state")


def _agreement(rows: pd.DataFrame) -> str:
    """Return how many volumes agree with the free energy, and of how many others this cannot be said."""
    others = rows[rows["difference_nats"].notna()]
    judged = others.dropna(subset=["allowed_nats"])
    agree = int((judged["difference_nats"].abs() <= judged["allowed_nats"]).sum())
    return (
        f"{agree} of {len(judged)} volumes agree with the free energy within {STDERRS} standard errors; {len(others)} "
        f"stand beside one, of which {len(others) - len(judged)} or their free energy are not resolved."
    )


REPORT = Report(NAME, QUESTION, (Source(TABLE, REMEDY),), make)
