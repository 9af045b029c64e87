"""Commands that make runs of regression problems: regress linear, polynomial, rff, ridgeless, optimal-set."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from geomgen.cli.console import note, progress, terminal_width
from geomgen.cli.help import GroupedCommand, GroupedGroup
from geomgen.cli.options import Quiet, RunsDir, takes
from geomgen.config.regress import (
    LinearConfig,
    OptimalSetConfig,
    PolynomialConfig,
    ProblemConfig,
    RffConfig,
    RidgelessConfig,
)
from geomgen.errors import UsageError, suggestion

DEFAULT = "linear"
HELP = {"--help", "-h"}
Reuse = Annotated[
    bool, typer.Option("--reuse", help="If this config has been run: print that run.", rich_help_panel="Files")
]


@dataclass(frozen=True)
class Problem:
    """A command of ``geomgen regress``.

    Attributes:
        config: Its options.
        about: Its help.
        table: The table of which the command shows something.
        shown: The columns that it shows.
    """

    config: type[ProblemConfig]
    about: str
    table: str
    shown: tuple[str, ...]


PROBLEMS = {
    "linear": Problem(
        LinearConfig,
        """Fit a line by gradient descent from the prior in three models: are the slopes samples of the posterior?

        -> tables/regress_linear_summary.parquet, one row a model, and regress_linear.parquet, one row a descent.
        """,
        "regress_linear_summary",
        (
            *("model", "slope_mean", "slope_variance", "posterior_mean", "posterior_variance", "ks_distance"),
            *("manifold_dim", "max_deviation"),
        ),
    ),
    "polynomial": Problem(
        PolynomialConfig,
        """Fit polynomials to a noisy sine: what of the test error is bias, what variance and what noise, by degree?

        -> tables/regress_polynomial.parquet, one row a basis and degree.
        """,
        "regress_polynomial",
        ("basis", "degree", "bias_squared", "variance", "noise", "test_error", "test_error_stderr", "resolved"),
    ),
    "rff": Problem(
        RffConfig,
        """Fit random Fourier features by least squares: errors and norms as they pass the samples in number.

        -> tables/regress_rff.parquet, one row a number of features and ridge.
        """,
        "regress_rff",
        (
            *("features", "ridge", "train_error", "test_error", "test_misclassified"),
            *("solution_norm", "degrees_of_freedom", "method"),
        ),
    ),
    "ridgeless": Problem(
        RidgelessConfig,
        """Fit linear models of least norm on normal features: risk by number of features, beside its closed form.

        -> tables/regress_ridgeless.parquet, one row a design and number of features.
        """,
        "regress_ridgeless",
        (
            *("design", "features", "excess_risk_mean", "excess_risk_stderr", "excess_risk_theory"),
            *("excess_risk_median", "excess_risk_median_theory"),
        ),
    ),
    "optimal-set": Problem(
        OptimalSetConfig,
        """Measure the set of optimal parameters of linear models: its dimension, and its distance from the prior.

        -> tables/regress_optimal_set.parquet, one row a number of features.
        """,
        "regress_optimal_set",
        (
            *("features", "optimal_fraction", "optimal_fraction_theory"),
            *("distance_mean", "distance_stderr", "distance_theory", "relative_distance_mean"),
        ),
    ),
}


class _Problems(GroupedGroup):
    """The problems; options without one are those of the default."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Name the default problem where none is named."""
        if not args or (args[0].startswith("-") and args[0] not in HELP):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: Any, name: str) -> Any:
        """Return the command of a problem.

        Raises:
            UsageError: If there is no such problem.
        """
        if name not in PROBLEMS:
            raise UsageError(f"There is no problem '{name}'.", suggestion(name, PROBLEMS, "There are"))
        return super().get_command(ctx, name)


def _command(name: str, problem: Problem) -> Callable[..., None]:
    def command(
        config: ProblemConfig, runs_dir: RunsDir = Path("runs"), reuse: Reuse = False, quiet: Quiet = False
    ) -> None:
        from geomgen.experiments.regress import regress
        from geomgen.report.content import Printable
        from geomgen.report.formats import render

        with progress(f"regress {name}", quiet=quiet) as show:
            run = regress(config, runs_dir, reuse=reuse, progress=show)
        found = Printable.of(problem.table, run.table(problem.table)[list(problem.shown)])
        note(render(found, "table", width=terminal_width()), quiet=quiet)
        typer.echo(run.path)

    command.__doc__ = problem.about
    return takes(problem.config)(command)


def _about() -> None:
    """Carry out a regression problem whose answer is known, linear if none is named, and keep its tables in a run."""


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    problems = typer.Typer(cls=_Problems, rich_markup_mode=None, subcommand_metavar="[PROBLEM] [OPTIONS]")
    problems.callback()(_about)
    for name, problem in PROBLEMS.items():
        problems.command(name, cls=GroupedCommand, rich_help_panel="Problems")(_command(name, problem))
    app.add_typer(problems, name="regress", rich_help_panel="Make runs")
