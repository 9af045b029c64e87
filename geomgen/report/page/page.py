"""Every report that the runs have data for, as files and as one page."""

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from geomgen.errors import NoDataError
from geomgen.report.claims import report as claims_report
from geomgen.report.claims.claim import TEXTS
from geomgen.report.collect import RunTables
from geomgen.report.commands import commands_of
from geomgen.report.content import MadeFigure, MadeReport, records
from geomgen.report.formats import alignments
from geomgen.report.page.draughtsmen import write_figures
from geomgen.report.page.verdicts import matrix, summaries
from geomgen.report.page.views import (
    SIGNS,
    claim_view,
    command,
    drawing,
    figure_files,
    run_files,
    table_files,
    table_link,
)
from geomgen.report.reports import REPORTS
from geomgen.report.write import write_tables
from geomgen.store.files import write_text

if TYPE_CHECKING:
    from jinja2 import Environment

    from geomgen.store.run import Run

INDEX = "index.html"
OnReport = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Page:
    """A page that was written.

    Attributes:
        path: Path of the HTML file.
        left_out: Why reports are not on it, by the report's name.
    """

    path: Path
    left_out: dict[str, NoDataError]


def write_page(runs: "Iterable[Run]", selection: str, folder: Path, progress: OnReport, *, processes: int = 1) -> Page:
    """Write every report that the runs have data for, and a page of them all.

    Args:
        runs: In any order.
        selection: The options that choose these runs, as they are shown in commands.
        folder: Created if it does not exist.
        progress: Called after every report that is made, every figure that is drawn, and in the end.
        processes: How many processes may draw.

    Returns:
        The page, and which reports are not on it.

    Raises:
        DataError: If a run is damaged.
        DiskError: If the disk refuses.
    """
    tables, left_out = RunTables(runs), {}
    made: dict[str, MadeReport] = {}
    owners: list[int] = []

    def figures() -> Iterator[MadeFigure]:
        for place, report in enumerate(REPORTS.values(), 1):
            try:
                made[report.name] = report.build(tables, compare=next(iter(report.comparisons), None))
            except NoDataError as error:
                left_out[report.name] = error
            else:
                write_tables(made[report.name], folder)
                owners.extend([place] * len(made[report.name].figures))
                yield from made[report.name].figures
            progress(place, 2 * len(REPORTS), report.name)

    for done, _ in enumerate(write_figures(figures(), folder, processes)):
        progress(len(REPORTS) + owners[done], 2 * len(REPORTS), "figures")
    write_text(folder / INDEX, _html(tables, made, left_out, selection, folder))
    progress(2 * len(REPORTS), 2 * len(REPORTS), INDEX)
    return Page(folder / INDEX, left_out)


def _html(
    tables: RunTables, made: dict[str, MadeReport], left_out: dict[str, NoDataError], selection: str, folder: Path
) -> str:
    ledger = made[claims_report.NAME]
    claims = [claim_view(row, made) for row in records(ledger.main.frame)]
    counts = Counter(claim["verdict"] for claim in claims)
    return _environment(tables, selection, folder).get_template("page.html.j2").render(
        style=resources.files("geomgen.report.page").joinpath("page.css").read_text(encoding="utf-8"),
        texts=list(TEXTS.values()),
        claims=claims,
        counts=counts,
        summaries=summaries(claims, ledger),
        matrix=matrix(claims, ledger),
        on_verdicts=ledger.notes[len(counts) :],
        signs=SIGNS,
        sections=[(REPORTS[name], report) for name, report in made.items() if report is not ledger],
        left_out=left_out,
        runs=tables.runs,
        command=" ".join(["geomgen report all", selection, "--out", shlex.quote(str(folder))]),
    )  # fmt: skip


def _environment(tables: RunTables, selection: str, folder: Path) -> "Environment":
    """Return the template's environment, with what it calls."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("geomgen.report", "page"), undefined=StrictUndefined,
        autoescape=True, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    called: dict[str, Callable[..., object]] = {
        "alignments": alignments,
        "commands_of": commands_of,
        "drawing": partial(drawing, folder),
        "figure_files": figure_files,
        "having": tables.having,
        "report_command": partial(command, selection),
        "run_files": partial(run_files, folder),
        "table_files": table_files,
        "table_link": partial(table_link, folder),
    }
    environment.globals.update(called)
    return environment
