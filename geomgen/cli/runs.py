"""Commands that show runs and pass them on: ls, show, compare, export, archive."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geomgen.cli.console import note, terminal_width
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Format, Quiet, RunName, RunNames, RunsDir, WhereText, checked_format
from geomgen.cli.selection import selected_run, selected_runs
from geomgen.errors import printable

if TYPE_CHECKING:
    import pandas as pd

    from geomgen.report.content import Printable

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Only the latest N of these runs.")]
TableName = Annotated[str | None, typer.Option("--table", metavar="NAME", help="Print one of the run's tables.")]


def ls(
    runs_dir: RunsDir = Path("runs"),
    where: WhereText = None,
    limit: Limit = None,
    table_format: Format = "table",
    quiet: Quiet = False,
) -> None:
    """List the runs of a folder, the latest last, with their status and how many tables they have.

    Where there is no room for whole ids, their shortest unambiguous beginnings are shown: every command takes those
    too. csv and json have whole ids, and the names of the tables.
    --where compares columns and options with literals: == != < <= > >= in, joined by and, or, not. A run without an
    option matches no comparison of that option.
    """
    from geomgen.experiments.listing import listing
    from geomgen.experiments.run_filter import Where
    from geomgen.report.formats import render

    checked_format(table_format)
    found = listing(runs_dir, Where(where) if where is not None else None)
    shown = found.tail(limit or len(found))
    typer.echo(render(_laid_out(shown, runs_dir), table_format, width=terminal_width()), nl=False)
    if len(shown) < len(found):
        note(f"The latest {len(shown)} of {len(found)} runs.", quiet=quiet)


def _laid_out(frame: "pd.DataFrame", runs_dir: Path) -> "Printable":
    """Return a listing for display: tables as a count, ids as short as need be, names of folders if others."""
    import pandas as pd

    from geomgen.experiments.listing import FOLDER
    from geomgen.report.content import Printable
    from geomgen.report.formats import render
    from geomgen.store.catalog import names, short_ids

    counts = pd.Series([None if cell is None else len(cell.split()) for cell in frame["tables"]], frame.index, object)
    counted = frame.assign(tables=counts)
    if FOLDER in counted:
        counted[FOLDER] = counted[FOLDER].where(counted[FOLDER] != counted["run_id"], "")
    whole = Printable.of("Runs", counted)
    if max(map(len, render(whole, "table", width=10**4).splitlines())) > terminal_width():
        whole = Printable.of("Runs", counted.assign(run_id=short_ids(list(frame["run_id"]), names(runs_dir))))
    return Printable("Runs", frame, whole.layout)


def show(
    name: RunName,
    table: TableName = None,
    as_json: Json = False,
    runs_dir: RunsDir = Path("runs"),
    table_format: Format = "table",
) -> None:
    """Show a run's status, config and tables with their row counts, or the rows of one table."""
    from geomgen.experiments.listing import description
    from geomgen.report.content import Printable
    from geomgen.report.formats import render

    checked_format(table_format)
    run = selected_run(name, runs_dir)
    if table is not None:
        title, rows, form = f"{run.id} {table}", run.table(table), "json" if as_json else table_format
        shown = _rows(title, table, rows) if form == "table" else Printable.of(title, rows)
        typer.echo(render(shown, form, width=terminal_width()), nl=False)
        return
    about = description(run)
    if as_json:
        typer.echo(json.dumps(about, indent=2))
        return
    for line in _described(about):
        typer.echo(_line(line))


def _rows(title: str, table: str, frame: "pd.DataFrame") -> "Printable":
    """Return a run's rows for display: what identifies all of them alike stands once, in the title."""
    from geomgen.report.averages import label
    from geomgen.report.content import Printable
    from geomgen.tables.registry import ROWS, columns

    measured = {name for name, doc in columns(ROWS[table]).items() if not doc.key} if table in ROWS else set(frame)
    same = [str(name) for name in frame if name not in measured and frame[name].nunique(dropna=False) == 1]
    if len(frame) < 2 or len(same) == frame.shape[1]:
        return Printable.of(title, frame)
    told = [name for name in same if name != "run_id"]
    words = f": {label(told, frame.iloc[0])}" if told else ""
    return Printable(f"{title}{words}", frame, Printable.of(title, frame.drop(columns=same)).layout)


def _described(about: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a run's description; its measures are given by their commands."""
    sections = {heading: content for heading, content in about.items() if isinstance(content, dict)}
    width = max(len(key) for content in sections.values() for key in content) + 2
    for heading, content in about.items():
        if heading in sections:
            yield heading
            yield from (f"  {key:{width}}{_plain(value)}" for key, value in content.items())
        elif heading == "commands":
            yield from (heading, *(f"  {command}" for command in content))
        elif heading != "measures":
            yield f"{heading:{width + 2}}{_plain(content)}"


def compare(
    names: RunNames,
    wall_times: Annotated[bool, typer.Option("--wall-times", help="Compare wall times as well.")] = False,
    runs_dir: RunsDir = Path("runs"),
    table_format: Format = "table",
    quiet: Quiet = False,
) -> None:
    """Print what differs between the first run and each other: config, facts, environment, and tables row by row.

    Rows are matched by their key columns. For each numeric column that differs, it prints the largest absolute and
    relative difference, and the two values where it is largest.
    """
    from geomgen.experiments.comparison import compare as experiment

    checked_format(table_format)
    runs = selected_runs(names, runs_dir)
    found = experiment(runs, wall_times=wall_times)
    if table_format == "table":
        for run_id, differences in found.groupby("run_id", sort=False):
            print_table(f"{run_id} compared with {runs[0].id}", differences.drop(columns="run_id"), table_format)
    else:
        print_table("Differences", found, table_format)
    note("Nothing differs." if found.empty else f"{len(found)} differences.", quiet=quiet)


def export(
    names: RunNames,
    to: Annotated[str, typer.Option("--to", metavar="csv|duckdb-view|tensorboard|mlflow", help="Format to export to.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder for the exported files.")],
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Write finished runs for other programs, and print the files' paths. Earlier files of the same names are replaced.

    csv: one file per table, with the rows of all runs. duckdb-view: SQL that makes a view of each table over the runs'
    own files. tensorboard: the training of each run by epoch (geomgen[tensorboard]). mlflow: a database of options and
    training, for mlflow ui --backend-store-uri sqlite:///FILE (geomgen[mlflow]).
    """
    from geomgen.experiments.export import export as experiment
    from geomgen.store.kind import FINISHED

    for path in experiment(selected_runs(names, runs_dir, FINISHED), to, out):
        typer.echo(printable(str(path)))


def archive(
    names: RunNames,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Folder for the copies.")],
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Copy finished runs without their checkpoints: small enough to commit or send, complete for every report."""
    from geomgen.store.archive import archive as copy
    from geomgen.store.kind import FINISHED

    for run in selected_runs(names, runs_dir, FINISHED):
        typer.echo(copy(run, to).path)


def _line(text: str) -> str:
    return printable(text).replace("\n", "\\n")


def _plain(value: object) -> str:
    """Return a JSON value in plain notation."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value) or "-"
    return "-" if value in {None, ""} else str(value)


def print_table(title: str, frame: "pd.DataFrame", table_format: str) -> None:
    """Print a frame in one of the formats that ``--format`` takes."""
    from geomgen.report.content import Printable
    from geomgen.report.formats import render

    typer.echo(render(Printable.of(title, frame), table_format, width=terminal_width()), nl=False)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(ls)
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(show)
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(compare)
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(export)
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(archive)
