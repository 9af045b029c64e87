"""The command that runs grids of experiments: sweep."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geomgen.cli.complete import complete_recipes
from geomgen.cli.console import note, note_on_data, results_only, terminal_width
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Format, Quiet, RunsDir, checked_format, takes
from geomgen.config.sweep import SweepConfig
from geomgen.errors import FailedCellsError, InterruptedRunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geomgen.experiments.sweep import Swept
    from geomgen.sweep.plan import Planned
    from geomgen.sweep.recipe import Recipe

GIB = 2**30
UNKNOWN = "unknown"
SHOWN = ("status", "runs", "time_s", "memory_mib")
"""Columns of a plan that are shown next to each cell's title; csv and json have all."""

Recipes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RECIPE...",
        help="Recipe to run: a TOML file, or the name of a recipe or of a set of recipes in the package.",
        autocompletion=complete_recipes,
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Set an option to one value in every cell; repeatable.",
        rich_help_panel="Cells",
    ),
]
Grid = Annotated[
    list[str] | None,
    typer.Option(
        "--grid",
        metavar="NAME=V,V",
        help="Replace the values of an option in the grid; repeatable.",
        rich_help_panel="Cells",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="List the cells with the time and memory each will take; run nothing.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Folder to write the reports to.", rich_help_panel="Files"),
]


@takes(SweepConfig)
def sweep(
    config: SweepConfig,
    names: Recipes = None,
    list_recipes: Annotated[bool, typer.Option("--list", help="List every recipe in the package.")] = False,
    dry_run: DryRun = False,
    changes: Changes = None,
    grid: Grid = None,
    runs_dir: RunsDir = Path("runs"),
    out: Out = None,
    table_format: Format = "table",
    quiet: Quiet = False,
) -> None:
    """Run every cell of a grid that has not been run, measure the runs, and report on all of them.

    A cell is a run and its measures, identified by its options: one that is complete under --runs-dir is not run again,
    one that was interrupted is resumed. Prints the first report of each recipe, then the sweep's own run directory.
    """
    checked_format(table_format)
    if out is not None:
        from geomgen.store.outside import require_outside_runs

        require_outside_runs(out, "--out")
    if list_recipes:
        _list(table_format)
        return
    recipes = _chosen(names or [], changes or [], grid or [])
    if config.on == "local" and not dry_run:
        _start_server(recipes, config)
    plan = _planned(recipes, config, runs_dir)
    _tell(plan, config, dry_run=dry_run, quiet=quiet)
    if dry_run:
        _print_plan(plan, table_format)
        return
    from geomgen.cli.sweep_progress import observing
    from geomgen.experiments.sweep import sweep as experiment
    from geomgen.report.formats import render_report

    with observing(plan, quiet=quiet) as observer:
        swept = experiment(recipes, plan, config, runs_dir, out=out, observer=observer)
    for line in swept.notes:
        note(line, quiet=quiet)
    for name in dict.fromkeys(recipe.reports.names[0] for recipe in recipes if recipe.reports):
        if name in swept.reports:
            typer.echo(render_report(swept.reports[name], table_format, width=terminal_width()))
    typer.echo(swept.run.path)
    _refuse_failures(swept)


def _start_server(recipes: "Sequence[Recipe]", config: SweepConfig) -> None:
    """Start the server that forks cells, with their likely number of threads: it imports torch during planning."""
    from geomgen.experiments.machine import share_of_cores
    from geomgen.sweep.worker import server

    share = share_of_cores(config.jobs or 1)
    server(min(recipes[0].resources.threads or share, share)).start()


def _planned(recipes: "Sequence[Recipe]", config: SweepConfig, runs_dir: Path) -> "list[Planned]":
    from geomgen.experiments.sweep import plan_sweep

    with results_only():
        return plan_sweep(recipes, config, runs_dir)


def _tell(plan: "Sequence[Planned]", config: SweepConfig, *, dry_run: bool, quiet: bool) -> None:
    """Show how much there is to do, and what is to be known about data and precision first."""
    from geomgen.experiments.bfloat16 import bfloat16_refusal, bfloat16_remarks
    from geomgen.experiments.content import data_remarks

    note_on_data(data_remarks(one.cell.make.config for one in plan), quiet=quiet)
    here = [one.cell.make.config for one in plan if one.runs] if config.on == "local" else []
    refusal = bfloat16_refusal(here)
    for remark in bfloat16_remarks(here) if refusal is None else [str(refusal)] * dry_run:
        note(remark, quiet=quiet)
    note(_summary(plan), quiet=quiet)


def _refuse_failures(swept: "Swept") -> None:
    if swept.num_failed:
        raise FailedCellsError(
            f"{swept.num_failed} of {len(swept.outcomes)} cells failed.",
            f"See why with: geomgen show {shlex.quote(str(swept.run.path))} --table sweep",
        )


def _chosen(names: list[str], changes: list[str], grid: list[str]) -> "list[Recipe]":
    from geomgen.sweep.library import find_recipes

    if not names:
        raise UsageError("No recipe was named.", "See the recipes with: geomgen sweep --list")
    fixed = {name: _value(text) for name, text in map(_split, changes)}
    lists = {name: tuple(map(_value, text.split(","))) for name, text in map(_split, grid)}
    return [recipe.changed(fixed, lists) for recipe in find_recipes(names)]


def _value(text: str) -> Any:
    from geomgen.sweep.recipe import text_value

    return text_value(text)


def _split(word: str) -> tuple[str, str]:
    name, sign, text = word.partition("=")
    if not sign or not name:
        raise UsageError(f"'{word}' is not of the form NAME=VALUE.", "Write for example: --set epochs=3")
    return name.strip().replace("-", "_"), text.strip()


def _summary(plan: "Sequence[Planned]") -> str:
    from geomgen.experiments.work import duration

    chosen = [one for one in plan if one.runs]
    known = [one.time_s for one in chosen if one.time_s is not None]
    memory = max((one.memory_bytes for one in chosen if one.memory_bytes is not None), default=None)
    return ", ".join([
        f"{len(plan)} {'cell' if len(plan) == 1 else 'cells'}, {len(chosen)} to run",
        *([f"about {duration(sum(known))} in sequence"] if known else []),
        *([f"at most {memory / GIB:.1f} GiB per cell"] if memory else []),
    ])


def _list(table_format: str) -> None:
    import pandas as pd

    from geomgen.report.content import Printable
    from geomgen.report.formats import render
    from geomgen.sweep.library import find_recipes, shipped_recipes

    recipes = find_recipes(list(shipped_recipes()))
    frame = pd.DataFrame({"recipe": [one.name for one in recipes], "about": [one.about for one in recipes]})
    typer.echo(render(Printable.of("Recipes", frame), table_format, width=terminal_width()), nl=False)


def _print_plan(plan: "list[Planned]", table_format: str) -> None:
    import pandas as pd

    from geomgen.report.content import Printable
    from geomgen.report.formats import render
    from geomgen.sweep.plan import listed

    frame = pd.DataFrame(listed(plan))
    several = ["recipe"] if frame["recipe"].nunique() > 1 else []
    after = ["runs_after"] if frame["runs_after"].any() else []
    shown = frame[["cell", "title", *several, "measures", *after, *SHOWN]].astype(object)
    layout = Printable.of("Cells", shown.where(shown.notna(), UNKNOWN)).layout
    typer.echo(render(Printable("Cells", frame, layout), table_format, width=terminal_width()), nl=False)


def cell(
    index: Annotated[Path, typer.Argument(metavar="FILE", help="Index file that sweep --on slurm wrote.")],
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Line of the index to run, counted from 0.")],
) -> None:
    """Run one cell of a Slurm array; sweep --on slurm writes the script that calls this."""
    from geomgen.cli.sweep_progress import Lines
    from geomgen.experiments.sweep import run_cell

    outcome = run_cell(index, number, Lines())
    typer.echo(outcome.run)
    if outcome.status == "interrupted":
        raise InterruptedRunError("The cell was stopped.", "Resume from its last state with the same sweep.")
    if outcome.status == "failed":
        raise FailedCellsError(f"The cell failed: {outcome.reason.rstrip('.')}.", "See its output above.")


def add_to(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Make runs")(sweep)
    app.command(cls=GroupedCommand, hidden=True)(cell)
