"""The command that turns runs into tables and figures: report."""

from pathlib import Path
from typing import Annotated

import typer

from geomgen.cli.console import note, progress, terminal_width
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Format, Quiet, RunsDir, checked_format
from geomgen.errors import UsageError

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
    compare: Compare = None,
    table: Table = None,
    table_format: Format = "table",
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Make tables, and with --out figures, from every finished run under --runs-dir."""
    from geomgen.report.collect import RunTables
    from geomgen.report.formats import render, render_report
    from geomgen.report.reports import find_report, listed_reports
    from geomgen.report.write import write_report
    from geomgen.store.catalog import runs
    from geomgen.store.outside import require_outside_runs

    checked_format(table_format)
    if out is not None:
        require_outside_runs(out, "--out")
    if list_reports:
        typer.echo(render(listed_reports(), table_format, width=terminal_width()), nl=False)
        return
    if name is None:
        raise UsageError("No report was named.", "See the reports with: geomgen report --list")
    if name == ALL:
        _write_page(runs_dir, out, quiet=quiet)
        return
    made = find_report(name).build(RunTables(runs(runs_dir)), compare=compare)
    for line in made.notes:
        note(line, quiet=quiet)
    typer.echo(render_report(made, table_format, only=table, width=terminal_width()), nl=False)
    for path in write_report(made, out) if out else []:
        note(f"wrote {path}", quiet=quiet)


def _write_page(runs_dir: Path, out: Path | None, *, quiet: bool) -> None:
    """Write every report that the runs have data for, and print the path of the page."""
    from geomgen.report.page.page import write_page
    from geomgen.store.catalog import runs

    if out is None:
        raise UsageError("report all writes files.", "Name a folder: geomgen report all --out FOLDER")
    with progress("Reports", quiet=quiet) as show:
        page = write_page(runs(runs_dir), runs_dir, out, show)
    for name, error in page.left_out.items():
        note(f"{name} is left out: {error.problem} {error.remedy}", quiet=quiet)
    typer.echo(page.path)


def add_to(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(report)
