"""The command that turns runs into tables and figures: report."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geomgen.cli.console import note, progress, terminal_width
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Format, Quiet, RunsDir, WhereText, checked_format
from geomgen.errors import UsageError
from geomgen.report.protocol import OTHERS, PUBLISHED

if TYPE_CHECKING:
    from geomgen.store.run import Run

ALL = "all"
Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]", help="Name of the report, or 'all' for a page of every report; --list shows the names."
    ),
]
Compare = Annotated[
    str | None,
    typer.Option(
        "--compare",
        metavar="published",
        help="Add the published numbers, and the ratios of the measured numbers to them.",
    ),
]
Protocol = Annotated[
    str | None,
    typer.Option(
        "--protocol",
        metavar="NAME",
        help=f"Judge claims in a protocol: {', '.join(one.name for one in (PUBLISHED, *OTHERS))}, or by its name other "
        "data that networks were trained on by the published options.",
    ),
]
Table = Annotated[
    str | None,
    typer.Option(
        "--table",
        metavar="NAME",
        help="Print this table of the report only; csv and json print the first if not given.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FOLDER",
        help="Folder to write to: tables in every format, figures as PDF, SVG and PNG, and their data.",
    ),
]


def report(
    name: Name = None,
    list_reports: Annotated[
        bool, typer.Option("--list", help="List every report and the question it answers.")
    ] = False,
    runs_dir: RunsDir = Path("runs"),
    where: WhereText = None,
    compare: Compare = None,
    protocol: Protocol = None,
    table: Table = None,
    table_format: Format = "table",
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Make tables, and with --out figures, from the finished runs under --runs-dir; --where is that of geomgen ls."""
    from geomgen.report.collect import RunTables
    from geomgen.report.find import find_report
    from geomgen.report.formats import render, render_report
    from geomgen.report.write import write_report
    from geomgen.store.outside import require_outside_runs

    checked_format(table_format)
    if out is not None:
        require_outside_runs(out, "--out")
    if list_reports:
        from geomgen.report.reports import listed_reports

        typer.echo(render(listed_reports(), table_format, width=terminal_width()), nl=False)
        return
    if name is None:
        raise UsageError("No report was named.", "See the reports with: geomgen report --list")
    if name == ALL:
        _refuse_of_one({"--compare": compare, "--protocol": protocol, "--table": table})
        _write_page(runs_dir, where, out, quiet=quiet)
        return
    made = find_report(name).build(RunTables(_chosen(runs_dir, where)), compare=compare, protocol=protocol)
    for line in made.notes:
        note(line, quiet=quiet)
    typer.echo(render_report(made, table_format, only=table, width=terminal_width()), nl=False)
    for path in write_report(made, out) if out else []:
        note(f"wrote {path}", quiet=quiet)


def _chosen(runs_dir: Path, where: str | None) -> "list[Run]":
    from geomgen.experiments.listing import chosen_runs
    from geomgen.experiments.run_filter import Where

    return chosen_runs(runs_dir, Where(where) if where is not None else None)


def _refuse_of_one(given: Mapping[str, str | None]) -> None:
    """Refuse options of a single report where all are asked for."""
    for flag, value in given.items():
        if value is not None:
            raise UsageError(f"{flag} {value} is an option of one report.", f"Name that report, or leave out {flag}.")


def _write_page(runs_dir: Path, where: str | None, out: Path | None, *, quiet: bool) -> None:
    """Write every report that the runs have data for, and print the path of the page."""
    from geomgen.experiments.machine import num_cores
    from geomgen.report.page.page import write_page

    if out is None:
        raise UsageError("report all writes files.", "Name a folder: geomgen report all --out FOLDER")
    with progress("Reports", quiet=quiet) as show:
        selection = _words(runs_dir, where)
        page = write_page(_chosen(runs_dir, where), selection, out, show, processes=num_cores())
    for name, error in page.left_out.items():
        note(f"{name} is left out: {error.problem} {error.remedy}", quiet=quiet)
    typer.echo(page.path)


def _words(runs_dir: Path, where: str | None) -> str:
    """Return the options that choose the same runs again."""
    return shlex.join(["--runs-dir", str(runs_dir), *([] if where is None else ["--where", where])])


def add_to(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(report)
