"""Commands that keep a folder of runs sound and small: verify, gc."""

from pathlib import Path
from typing import Annotated

import typer

from geomgen.cli.complete import complete_runs
from geomgen.cli.console import note, progress
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Format, Quiet, RunsDir, checked_format
from geomgen.cli.runs import print_table
from geomgen.cli.selection import selected_runs
from geomgen.errors import DataError

AnyRuns = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[RUN...]",
        help="Path, id, beginning of an id, 'latest', or '-' for standard input; every run if none is named.",
        autocompletion=complete_runs,
    ),
]


def verify(
    names: AnyRuns = None, runs_dir: RunsDir = Path("runs"), table_format: Format = "table", quiet: Quiet = False
) -> None:
    """Check every file of runs against its SHA-256 and read it through; name what is damaged, missing or unfinished.

    Ends with exit code 3 if anything is damaged. An unfinished run is named but does not count as damaged.
    """
    from geomgen.experiments.listing import findings
    from geomgen.store.catalog import runs
    from geomgen.store.run import DAMAGED

    checked_format(table_format)
    selected = selected_runs(names, runs_dir) if names else runs(runs_dir)
    with progress("verify (MB)", quiet=quiet) as show:
        found = findings(selected, progress=show)
    print_table("Findings", found, table_format)
    _refuse(sorted(set(found["run_id"][found["status"] == DAMAGED])), len(selected))
    note(f"{len(selected)} runs, none damaged.", quiet=quiet)


def _refuse(damaged: list[str], num_runs: int) -> None:
    if damaged:
        raise DataError(
            f"{len(damaged)} of {num_runs} runs are damaged: {', '.join(damaged)}.",
            "Restore the files named above from a copy, or make these runs again.",
        )


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be removed.")] = False,
    interrupted: Annotated[
        bool,
        typer.Option(
            "--interrupted", help="Also remove runs that are unfinished or interrupted and that no process is using."
        ),
    ] = False,
    older_than: Annotated[
        int,
        typer.Option("--older-than", metavar="MINUTES", min=0, help="Keep whatever changed within this many minutes."),
    ] = 60,
    runs_dir: RunsDir = Path("runs"),
    table_format: Format = "table",
    quiet: Quiet = False,
) -> None:
    """Remove the temporary files that killed processes have left, and list them with their sizes.

    Files that a running process may still need are kept, links are not followed, and nothing outside --runs-dir is
    touched.
    """
    from geomgen.experiments.listing import removable
    from geomgen.store.leftovers import leftovers, remove

    checked_format(table_format)
    found = leftovers(runs_dir, oldest_change_s=60 * older_than, whole_runs=interrupted)
    if not dry_run:
        remove(runs_dir, found)
    print_table("Can be removed" if dry_run else "Removed", removable(found), table_format)
    size = sum(item.size_bytes for item in found)
    note(f"{'Would free' if dry_run else 'Freed'} {size / 1e6:,.1f} MB.", quiet=quiet)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Keep runs")(verify)
    app.command(cls=GroupedCommand, rich_help_panel="Keep runs")(gc)
