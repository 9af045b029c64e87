"""Commands that make runs: train, rerun."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from geomgen.cli.console import note, progress
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Quiet, RunName, RunsDir, given, takes
from geomgen.cli.selection import selected_run
from geomgen.config.base import option_docs, option_flag
from geomgen.config.train import TrainConfig
from geomgen.errors import UsageError

Resume = Annotated[
    str | None, typer.Option("--resume", metavar="RUN", help="Go on with an unfinished run.", rich_help_panel="Files")
]
Reuse = Annotated[
    bool,
    typer.Option("--reuse", help="If this config has been run: print that run, or resume it.", rich_help_panel="Files"),
]


@takes(TrainConfig)
def train(
    context: typer.Context,
    config: TrainConfig,
    runs_dir: RunsDir = Path("runs"),
    resume: Resume = None,
    reuse: Reuse = False,
    quiet: Quiet = False,
) -> None:
    """Train one network and keep its checkpoints and a record of every epoch.

    The defaults are the protocol of the published table: 784-512-512-10 on MNIST, AdamW, 10 epochs.
    Prints the run's directory. Killed at any moment, it goes on with --resume and ends with the same bits.
    """
    from geomgen.experiments import train as experiment

    if resume is None:
        if config.teacher is not None:
            config = replace(config, teacher=str(selected_run(config.teacher, runs_dir).path))
        with progress(f"train w{config.width or ''}", quiet=quiet) as show:
            run = experiment.train(config, runs_dir, reuse=reuse, progress=show)
    else:
        _refuse_options(context)
        with progress("resume", quiet=quiet) as show:
            run = experiment.resume(selected_run(resume, runs_dir), progress=show)
    typer.echo(run.path)


def _refuse_options(context: typer.Context) -> None:
    changed = given(context, [*option_docs(TrainConfig), "reuse"])
    if changed:
        raise UsageError(
            f"--resume takes its options from the run; {option_flag(changed[0])} cannot change them.", "Leave it out."
        )


def rerun(name: RunName, runs_dir: RunsDir = Path("runs"), quiet: Quiet = False) -> None:
    """Make a run again: same config and measures, new directory, equal tables.

    Equal means every bit but wall times, on the same machine type, torch version and thread count.
    """
    from geomgen.experiments.rerun import rerun as experiment

    with progress("rerun", quiet=quiet) as show:
        run = experiment(selected_run(name, runs_dir), runs_dir, progress=show)
    note("Every table is made again.", quiet=quiet)
    typer.echo(run.path)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Make runs")(train)
    app.command(cls=GroupedCommand, rich_help_panel="Make runs")(rerun)
