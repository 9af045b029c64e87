"""Commands that measure finished runs: volume, probe-activations, jacobian."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from geomgen.cli.console import note, progress
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Quiet, RunNames, RunsDir, takes
from geomgen.cli.selection import selected_runs
from geomgen.config.jacobian import JacobianConfig
from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.config.volume import VolumeConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geomgen.measures.jacobian import JacobianRow
    from geomgen.measures.log_determinant import LogDeterminantRow
    from geomgen.measures.similarity import SimilaritySummaryRow
    from geomgen.store.run import Run

Row = TypeVar("Row")
Reuse = Annotated[bool, typer.Option("--reuse", help="Measure nothing that has been measured on this run already.")]


@takes(VolumeConfig)
def volume(
    names: RunNames, config: VolumeConfig, runs_dir: RunsDir = Path("runs"), reuse: Reuse = False, quiet: Quiet = False
) -> None:
    """Measure how much volume a run's activations fill: their log determinant on the test images.

    Adds rows to tables/activation_volume.parquet, in place of its own earlier ones, and prints the run's directory.
    """
    from geomgen.experiments.volume import volume as experiment

    def line(row: "LogDeterminantRow") -> str:
        return (
            f"{row.layer} {row.site} {row.state:8} {row.condition:16} {row.rule:10} "
            f"{row.log_det_nats:12,.1f} nats from {row.num_kept} of {row.dim}"
        )

    _measure("volume", partial(experiment, config=config, reuse=reuse), line, selected_runs(names, runs_dir), quiet)


@takes(ProbeActivationsConfig)
def probe_activations(
    names: RunNames,
    config: ProbeActivationsConfig,
    runs_dir: RunsDir = Path("runs"),
    reuse: Reuse = False,
    quiet: Quiet = False,
) -> None:
    """Compare the activations of every pair of test images: histograms of cosine similarity and distance.

    Adds rows to tables/activation_similarity.parquet and tables/activation_similarity_summary.parquet, and with
    --statistics to tables/layer_statistics.parquet, in place of its own earlier ones; prints the run's directory.
    """
    from geomgen.experiments.probe_activations import probe_activations as experiment

    def line(row: "SimilaritySummaryRow") -> str:
        return (
            f"{row.layer} {row.site} {row.state:8} {row.condition:16} {row.metric:6} "
            f"mean {row.mean:7.4f} std {row.std:.4f} from {row.num_pairs:,} pairs"
        )

    measure = partial(experiment, config=config, reuse=reuse)
    _measure("probe-activations", measure, line, selected_runs(names, runs_dir), quiet)


@takes(JacobianConfig)
def jacobian(
    names: RunNames,
    config: JacobianConfig,
    runs_dir: RunsDir = Path("runs"),
    reuse: Reuse = False,
    quiet: Quiet = False,
) -> None:
    """Measure the rank of the Jacobian of a run's logits: which dimension has the set of parameters that fit?

    Adds rows to tables/jacobian_rank.parquet, in place of its own earlier ones, and prints the run's directory.
    """
    from geomgen.experiments.jacobian import jacobian as experiment

    def line(row: "JacobianRow") -> str:
        return (
            f"{row.state:8} rank {row.rank:,} of {row.num_samples * row.outputs:,}: "
            f"{row.manifold_dim:,} of {row.num_parameters:,} dimensions keep the logits of {row.num_samples} images"
        )

    _measure("jacobian", partial(experiment, config=config, reuse=reuse), line, selected_runs(names, runs_dir), quiet)


def _measure(
    name: str,
    measure: "Callable[..., Sequence[Row]]",
    line: "Callable[[Row], str]",
    runs: "Sequence[Run]",
    quiet: bool,
) -> None:
    """Measure runs one after the other, say what was found in a line a row, and print each run's directory."""
    for run in runs:
        with progress(f"{name} {run.id}", quiet=quiet) as show:
            rows = measure(run, progress=show)
        for row in rows:
            note(line(row), quiet=quiet)
        typer.echo(run.path)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Measure runs")(volume)
    app.command("probe-activations", cls=GroupedCommand, rich_help_panel="Measure runs")(probe_activations)
    app.command(cls=GroupedCommand, rich_help_panel="Measure runs")(jacobian)
