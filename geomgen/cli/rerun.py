"""The command that makes a run again: rerun."""

from pathlib import Path
from typing import Annotated

import typer

from geomgen.cli.console import note, progress
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Quiet, RunName, RunsDir
from geomgen.cli.selection import selected_run
from geomgen.config.base import option_docs
from geomgen.config.measure import MeasureConfig

MovedData = Annotated[str | None, typer.Option("--data", help=option_docs(MeasureConfig)["data"].doc)]


def rerun(name: RunName, data: MovedData = None, runs_dir: RunsDir = Path("runs"), quiet: Quiet = False) -> None:
    """Make a run again: same config and measures, new directory, equal tables.

    Equal means the same bits except in wall times, on the same machine type, torch version and thread count.
    """
    from geomgen.experiments.rerun import rerun as experiment
    from geomgen.store.kind import REPEATABLE

    with progress("rerun", quiet=quiet) as show:
        run = experiment(selected_run(name, runs_dir, REPEATABLE), runs_dir, data=data, progress=show)
    note("All tables were made again.", quiet=quiet)
    typer.echo(run.path)


def add_to(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Make runs")(rerun)
