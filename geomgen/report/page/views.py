"""The page template's data: everything as text, in the order in which it appears on the page."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from markupsafe import Markup

from geomgen.numerics.estimate import significant
from geomgen.report.claims.claim import TEXTS
from geomgen.report.claims.rule import with_unit
from geomgen.report.commands import commands_of
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, Printable, records
from geomgen.report.formats import EXTENSIONS, alignments
from geomgen.report.page.svg import inline_svg
from geomgen.report.report import Report
from geomgen.report.write import PLOTTED

if TYPE_CHECKING:
    from geomgen.store.run import Run

SIGNS = {"holds": "✓", "does not hold": "✗", "undecided": "?", "not yet measured": "·"}
NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
COPIED = ("id", "text", "rule", "quantity", "verdict", "evidence", "commands", "revised")
FIGURE_ENDINGS = ("pdf", "svg", "png")


@dataclass(frozen=True)
class Link:
    """A link to a file next to the page."""

    words: str
    href: str


@dataclass(frozen=True)
class ClaimView:
    """A claim with what the runs say about it.

    Attributes:
        id: Id of the claim.
        text: Title of the text that it comes from.
        says: The claim.
        rule: When it holds.
        quantity: What was measured.
        published: Published value, or empty.
        measured: Measured value with interval and unit, or empty.
        verdict: In words.
        kind: Class of the verdict in the style sheet.
        sign: Symbol of the verdict.
        evidence: Evidence for the verdict.
        commands: The commands that measure it.
        report: Name of the report on the page that shows it, or empty.
        revised: How and why its rule was changed after its number was seen, or empty.
    """

    id: str
    text: str
    says: str
    rule: str
    quantity: str
    published: str
    measured: str
    verdict: str
    kind: str
    sign: str
    evidence: str
    commands: str
    report: str
    revised: str

    @property
    def is_measured(self) -> bool:
        """Whether the runs say anything about it."""
        return self.verdict != "not yet measured"


@dataclass(frozen=True)
class TableView:
    """A table: headings and cells as text, each column to the left or right."""

    title: str
    question: str
    heads: list[str]
    rows: list[list[str]]
    sides: list[str]
    links: list[Link]


@dataclass(frozen=True)
class FigureView:
    """A figure: its SVG, and files of it."""

    question: str
    svg: Markup
    links: list[Link]


@dataclass(frozen=True)
class SourceView:
    """A table of runs that a report is made from, with the file of each run."""

    table: str
    links: list[Link]


@dataclass(frozen=True)
class Section:
    """A report on the page."""

    name: str
    question: str
    command: str
    claims: list[ClaimView]
    figures: list[FigureView]
    tables: list[TableView]
    notes: Sequence[str]
    sources: list[SourceView]


@dataclass(frozen=True)
class RunView:
    """A run: the commands that made and measured it, and its tables."""

    id: str
    status: str
    commands: list[str]
    links: list[Link]


def claim_views(table: Printable, reports: Collection[str]) -> list[ClaimView]:
    """Return the rows of report ``claims``.

    Args:
        table: The report's table.
        reports: Names of the reports on the page.
    """
    return [
        ClaimView(
            **{name: row[name] for name in COPIED},
            says=row["claim"],
            report=row["report"] if row["report"] in reports else "",
            published=row["published"].replace("-", MINUS),
            measured=measured_value(row["value"], row["low"], row["high"], row["unit"]),
            kind=row["verdict"].replace(" ", "-"),
            sign=SIGNS[row["verdict"]],
        )
        for row in records(table.frame)
    ]


def measured_value(value: float, low: float, high: float, unit: str) -> str:
    """Return a value with its interval and unit; empty if nothing was measured."""
    if pd.isna(value):
        return ""
    interval = "" if pd.isna(low) else f" [{significant(low)},{NO_BREAK}{significant(high)}]"
    return with_unit(f"{significant(value)}{interval}", unit).replace("-", MINUS)


def by_text(claims: Sequence[ClaimView]) -> dict[str, list[ClaimView]]:
    """Return the claims of each text."""
    return {title: [claim for claim in claims if claim.text == title] for title in TEXTS.values()}


def section(
    report: Report, made: MadeReport, claims: Sequence[ClaimView], folder: Path, selection: str, runs: Sequence["Run"]
) -> Section:
    """Return a report as it appears on the page.

    Args:
        report: The kind of report.
        made: Its content, already written to the folder.
        claims: All claims.
        folder: Folder of the page.
        selection: The options that choose the runs, as they are shown in commands.
        runs: Runs that it could be made from.
    """
    compare = [f"--compare {report.comparisons[0]}"] if report.comparisons else []
    return Section(
        name=report.name,
        question=report.question,
        command=" ".join(["geomgen report", report.name, selection, *compare]),
        claims=[claim for claim in claims if claim.report == report.name],
        figures=[_figure(figure, folder) for figure in made.figures],
        tables=[_table(table) for table in made.tables],
        notes=made.notes,
        sources=[
            SourceView(
                source.table,
                [table_link(run, source.table, folder, run.id) for run in runs if _is_source(run, source.table)],
            )
            for source in report.sources
        ],
    )


def _is_source(run: "Run", table: str) -> bool:
    return run.status == "complete" and table in run.tables


def table_link(run: "Run", table: str, folder: Path, words: str) -> Link:
    """Return a link to a run's table from a page in a folder."""
    return Link(words, Path(os.path.relpath(run.table_path(table).resolve(), folder.resolve())).as_posix())


def _figure(figure: MadeFigure, folder: Path) -> FigureView:
    source = (folder / f"{figure.name}.svg").read_text(encoding="utf-8")
    links = [Link(ending.upper(), f"{figure.name}.{ending}") for ending in FIGURE_ENDINGS]
    data = Link("plotted numbers", f"{figure.name}-{PLOTTED}.csv")
    drawing = Markup(inline_svg(source, figure.name, figure.question))
    return FigureView(figure.question, drawing, [*links, data])


def _table(table: MadeTable) -> TableView:
    links = [Link(format, f"{table.name}.{ending}") for format, ending in EXTENSIONS.items() if format != "table"]
    rows = [[str(cell) for cell in row] for row in table.layout.to_numpy().tolist()]
    return TableView(
        table.title, table.question, [str(name) for name in table.layout], rows, list(alignments(table.layout)), links
    )


def run_view(run: "Run", folder: Path) -> RunView:
    """Return a run as it appears in the page's list of runs."""
    return RunView(run.id, run.status, commands_of(run), [table_link(run, name, folder, name) for name in run.tables])
