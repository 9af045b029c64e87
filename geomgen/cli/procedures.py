"""Commands that make runs about gradient descent itself: emc, modified-flow."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geomgen.cli.console import note, progress, terminal_width
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Quiet, Reuse, RunsDir, takes
from geomgen.config.emc import EmcConfig
from geomgen.config.modified_flow import ModifiedFlowConfig

if TYPE_CHECKING:
    from geomgen.store.run import Run


@takes(ModifiedFlowConfig)
def modified_flow(
    config: ModifiedFlowConfig, runs_dir: RunsDir = Path("runs"), reuse: Reuse = False, quiet: Quiet = False
) -> None:
    """Measure which flow a step of gradient descent follows: by what power of the step size h do they part?

    By h^2 from gradient flow, and by h^3 from the flow of E + (h/4) |grad E|^2, which is E + lambda E_corr.
    -> tables/modified_flow_orders.parquet, one row a flow, and modified_flow.parquet, one row a flow and step size.
    """
    from geomgen.experiments.modified_flow import modified_flow as experiment

    with progress("modified-flow", quiet=quiet) as show:
        run = experiment(config, runs_dir, reuse=reuse, progress=show)
    shown = ["problem", "correction", "order", "order_low", "order_high", "order_theory", "num_steps"]
    _finish(run, "modified_flow_orders", shown, quiet=quiet)


@takes(EmcConfig)
def emc(config: EmcConfig, runs_dir: RunsDir = Path("runs"), reuse: Reuse = False, quiet: Quiet = False) -> None:
    """Measure the effective model complexity of a training procedure: the largest training set that it fits.

    By bisection over the number of training images, with repeated draws of them. A run without label noise may fit all
    that there is: its complexity is then at least --max-samples.
    -> tables/emc.parquet, one row, and emc_probes.parquet, one row a training.
    """
    from geomgen.experiments.emc import emc as experiment

    with progress(f"emc w{config.width or ''}", quiet=quiet) as show:
        run = experiment(config, runs_dir, reuse=reuse, progress=show)
    shown = ["width", "epochs", "threshold", "emc", "emc_low", "emc_high", "outcome", "draws", "num_probes"]
    outcome = run.table("emc")["outcome"].item()
    if outcome == "at-least":
        note(f"All {config.max_samples} images are fitted: raise --max-samples or --label-noise.", quiet=quiet)
    if outcome == "below":
        note(f"Not even {config.min_samples} images are fitted: raise --epochs or --width.", quiet=quiet)
    _finish(run, "emc", shown, quiet=quiet)


def _finish(run: "Run", table: str, shown: list[str], *, quiet: bool) -> None:
    """Show some columns of a run's table, and print the run's directory."""
    from geomgen.report.content import Printable
    from geomgen.report.formats import render

    note(render(Printable.of(table, run.table(table)[shown]), "table", width=terminal_width()), quiet=quiet)
    typer.echo(run.path)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Make runs")(emc)
    app.command("modified-flow", cls=GroupedCommand, rich_help_panel="Make runs")(modified_flow)
