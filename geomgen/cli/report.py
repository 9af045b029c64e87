"""The command that turns runs into tables and figures: report."""

from pathlib import Path
from typing import Annotated

import typer

from geomgen.cli.console import note, terminal_width
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Format, Quiet, RunsDir, checked_format
from geomgen.errors import UsageError

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Which report; --list names them.")]
Compare = Annotated[
    str | None, typer.Option("--compare", metavar="published", help="Add the published numbers and the ratio to them.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Write the table in every format and the figure as PDF, SVG and PNG."),
]


def report(
    name: Name = None,
    list_reports: Annotated[bool, typer.Option("--list", help="Name every report and what it answers.")] = False,
    runs_dir: RunsDir = Path("runs"),
    compare: Compare = None,
    table_format: Format = "table",
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Make a table, and with --out a figure, from every finished run under --runs-dir."""
    from geomgen.report.formats import render
    from geomgen.report.reports import find_report, listed_reports
    from geomgen.report.write import write_report
    from geomgen.store.catalog import runs

    checked_format(table_format)
    if list_reports:
        typer.echo(render(listed_reports(), table_format, width=terminal_width()), nl=False)
        return
    if name is None:
        raise UsageError("No report is named.", "See what there is with: geomgen report --list")
    made = find_report(name).build(runs(runs_dir), compare=compare)
    for line in made.notes:
        note(line, quiet=quiet)
    typer.echo(render(made, table_format, width=terminal_width()), nl=False)
    for path in write_report(made, out) if out else []:
        note(f"wrote {path}", quiet=quiet)


def add_to(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(report)
