"""Tables of sweeps."""

from dataclasses import dataclass

from geomgen.fields import column


@dataclass(frozen=True)
class SweepRow:
    """A cell of a sweep: a row of ``sweep.parquet``."""

    cell: int = column("Number of the cell.", key=True)
    recipes: str = column("Recipes that ask for it, separated by commas.")
    title: str = column("Experiment, and the options that distinguish the cell from the others.")
    experiment: str = column("Subcommand that makes its run.")
    options: str = column("Options of that subcommand, as JSON.")
    measures: str = column("Subcommands and options of its measures, and of further runs made from its own, as JSON.")
    identity: str = column("SHA-256 of everything that affects its result.")
    estimated_s: float | None = column("Estimated time.", "s")
    estimated_mib: float | None = column("Estimated memory.", "MiB")
    before: str = column(
        "Status before the sweep: done, missing, failed, not measured, not followed (a further run made from its "
        "own is missing), or a status of its run."
    )
    status: str = column(
        "Status after the sweep: as before if it did not run; otherwise done, failed, interrupted, or submitted to "
        "Slurm."
    )
    cell_run_id: str | None = column("Id of its run.")
    reason: str = column("Why it failed or was interrupted.")
    tries: int = column("Number of processes started for its last command.")
    wall_time_s: float = column("Time of all its processes.", "s")


TABLES = {
    "sweep": SweepRow,
}
