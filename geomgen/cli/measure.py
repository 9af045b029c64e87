"""Commands that measure finished runs: volume."""

from pathlib import Path
from typing import Annotated

import typer

from geomgen.cli.console import note, progress
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Quiet, RunNames, RunsDir, takes
from geomgen.cli.selection import selected_runs
from geomgen.config.volume import VolumeConfig

Reuse = Annotated[bool, typer.Option("--reuse", help="Measure nothing that has been measured on this run already.")]


@takes(VolumeConfig)
def volume(
    names: RunNames, config: VolumeConfig, runs_dir: RunsDir = Path("runs"), reuse: Reuse = False, quiet: Quiet = False
) -> None:
    """Measure how much volume a run's activations fill: their log determinant on the test images.

    Adds rows to tables/activation_volume.parquet, in place of its own earlier ones, and prints the run's directory.
    """
    from geomgen.experiments.volume import volume as experiment

    for run in selected_runs(names, runs_dir):
        with progress(f"volume {run.id}", quiet=quiet) as show:
            rows = experiment(run, config, reuse=reuse, progress=show)
        for row in rows:
            note(
                f"{row.layer} {row.site} {row.state:8} {row.condition:16} {row.rule:10} "
                f"{row.log_det_nats:12,.1f} nats from {row.num_kept} of {row.dim}",
                quiet=quiet,
            )
        typer.echo(run.path)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Measure runs")(volume)
