"""What the page's template shows of claims, figures and runs, besides what reports hold already."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup

from geomgen.numerics.estimate import significant
from geomgen.report.claims.rule import Verdict, with_unit
from geomgen.report.content import MadeFigure, MadeTable
from geomgen.report.formats import EXTENSIONS
from geomgen.report.page.svg import inline_svg
from geomgen.report.report import Report
from geomgen.report.write import PLOTTED

if TYPE_CHECKING:
    from geomgen.store.run import Run

SIGNS = {Verdict.HOLDS: "✓", Verdict.FAILS: "✗", Verdict.UNDECIDED: "?", Verdict.UNMEASURED: "·"}
NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


def claim_view(row: Mapping[str, Any], reports: Collection[str]) -> dict[str, Any]:
    """Return a row of report ``claims`` as it is shown.

    Args:
        row: The row.
        reports: Names of the reports on the page; another has no link.
    """
    return {
        **row,
        "question": _sentence(row["claim"].partition(": ")[2]),
        "evidence": _sentence(row["evidence"]),
        "report": row["report"] if row["report"] in reports else "",
        "published": row["published"].replace("-", MINUS),
        "measured": measured_value(row["value"], row["low"], row["high"], row["unit"]),
        "is_measured": row["verdict"] != Verdict.UNMEASURED,
        "kind": row["verdict"].replace(" ", "-"),
        "sign": SIGNS[row["verdict"]],
    }


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def measured_value(value: float, low: float, high: float, unit: str) -> str:
    """Return a value with its interval and unit; empty if nothing was measured."""
    if pd.isna(value):
        return ""
    interval = "" if pd.isna(low) else f" [{significant(low)},{NO_BREAK}{significant(high)}]"
    return with_unit(f"{significant(value)}{interval}", unit).replace("-", MINUS)


def command(selection: str, report: Report) -> str:
    """Return the command that makes a report of the runs that some options choose."""
    compare = [f"--compare {report.comparisons[0]}"] if report.comparisons else []
    return " ".join(["geomgen report", report.name, selection, *compare])


def drawing(folder: Path, figure: MadeFigure) -> Markup:
    """Return a figure that has been written to a folder, as an element of the page."""
    source = (folder / f"{figure.name}.svg").read_text(encoding="utf-8")
    return Markup(inline_svg(source, figure.name, figure.question))


def figure_files(figure: MadeFigure) -> dict[str, str]:
    """Return the files of a figure, by what links to them are called."""
    drawn = {ending.upper(): f"{figure.name}.{ending}" for ending in ("pdf", "svg", "png")}
    return drawn | {"plotted numbers": f"{figure.name}-{PLOTTED}.csv"}


def table_files(table: MadeTable) -> dict[str, str]:
    """Return the files of a table for other programs, by their format."""
    return {format: f"{table.name}.{ending}" for format, ending in EXTENSIONS.items() if format != "table"}


def run_files(folder: Path, run: "Run") -> dict[str, str]:
    """Return the tables of a run, by their names, as links from a page in a folder."""
    return {table: table_link(folder, run, table) for table in run.tables}


def table_link(folder: Path, run: "Run", table: str) -> str:
    """Return the link to a run's table from a page in a folder."""
    return Path(os.path.relpath(run.table_path(table).resolve(), folder.resolve())).as_posix()
