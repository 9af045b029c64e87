"""Every report that the runs have data for, as files and as one page."""

import shlex
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from geomgen.errors import NoDataError
from geomgen.report.claims import report as claims_report
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.page.views import SIGNS, by_text, claim_views, run_view, section
from geomgen.report.reports import REPORTS
from geomgen.report.write import write_report
from geomgen.store.files import write_text

if TYPE_CHECKING:
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


def write_page(runs: "Iterable[Run]", selection: str, folder: Path, progress: OnReport) -> Page:
    """Write every report that the runs have data for, and a page of them all.

    Args:
        runs: In any order.
        selection: The options that choose these runs, as they are shown in commands.
        folder: Created if it does not exist.
        progress: Called after every report.

    Returns:
        The page, and which reports are not on it.

    Raises:
        DataError: If a run is damaged.
        DiskError: If the disk refuses.
    """
    tables, left_out = RunTables(runs), {}
    made: dict[str, MadeReport] = {}
    for done, report in enumerate(REPORTS.values(), 1):
        try:
            made[report.name] = report.build(tables, compare=next(iter(report.comparisons), None))
        except NoDataError as error:
            left_out[report.name] = error
        else:
            write_report(made[report.name], folder)
        progress(done, len(REPORTS), report.name)
    write_text(folder / INDEX, _html(tables, made, left_out, selection, folder))
    return Page(folder / INDEX, left_out)


def _html(
    tables: RunTables, made: dict[str, MadeReport], left_out: dict[str, NoDataError], selection: str, folder: Path
) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("geomgen.report", "page")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    claims = claim_views(made[claims_report.NAME].main, made)
    counts = Counter(claim.verdict for claim in claims)
    shown = [name for name in made if name != claims_report.NAME]
    return environment.get_template("page.html.j2").render(
        style=resources.files("geomgen.report.page").joinpath("page.css").read_text(encoding="utf-8"),
        texts=by_text(claims),
        counts=counts,
        on_verdicts=made[claims_report.NAME].notes[len(counts) :],
        signs=SIGNS,
        sections=[section(REPORTS[name], made[name], claims, folder, selection, tables.runs) for name in shown],
        left_out=left_out,
        runs=[run_view(run, folder) for run in tables.runs],
        command=" ".join(["geomgen report all", selection, "--out", shlex.quote(str(folder))]),
    )
