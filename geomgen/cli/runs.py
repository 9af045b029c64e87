"""Commands that look at runs and hand them on: ls, show, archive."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geomgen.cli.console import terminal_width
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Format, RunName, RunNames, RunsDir, checked_format
from geomgen.cli.selection import selected_run, selected_runs

if TYPE_CHECKING:
    import pandas as pd

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
TableName = Annotated[str | None, typer.Option("--table", metavar="NAME", help="Print one of the run's tables.")]


def ls(runs_dir: RunsDir = Path("runs"), table_format: Format = "table") -> None:
    """List the runs of a folder, oldest first, with their status and tables."""
    from geomgen.experiments.inspection import listing

    _print("Runs", listing(runs_dir), checked_format(table_format))


def show(
    name: RunName,
    table: TableName = None,
    as_json: Json = False,
    runs_dir: RunsDir = Path("runs"),
    table_format: Format = "table",
) -> None:
    """Show a run's status, config and tables with their row counts, or the rows of one table."""
    from geomgen.experiments.inspection import description

    checked_format(table_format)
    run = selected_run(name, runs_dir)
    if table is not None:
        _print(f"{run.id} {table}", run.table(table), "json" if as_json else table_format)
        return
    about = description(run)
    if as_json:
        typer.echo(json.dumps(about, indent=2))
        return
    for heading, content in about.items():
        if isinstance(content, dict):
            typer.echo(heading)
            for key, value in content.items():
                typer.echo(f"  {key:24}{_plain(value)}")
        else:
            typer.echo(f"{heading:26}{_plain(content)}")


def archive(
    names: RunNames,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the copies shall stand.")],
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Copy finished runs without their checkpoints: small enough to commit or send, whole to every report."""
    from geomgen.store.archive import archive as copy

    for run in selected_runs(names, runs_dir):
        typer.echo(copy(run, to).path)


def _plain(value: object) -> str:
    """Return a JSON value as a person writes it."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value) or "-"
    return "-" if value in {None, ""} else str(value)


def _print(title: str, frame: "pd.DataFrame", table_format: str) -> None:
    from geomgen.report.formats import render
    from geomgen.report.made import Printable

    typer.echo(render(Printable.of(title, frame), table_format, width=terminal_width()), nl=False)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(ls)
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(show)
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(archive)
