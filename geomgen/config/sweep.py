"""Options of ``geomgen sweep``, and of the sections of a recipe."""

from dataclasses import dataclass

from geomgen.config.base import Config
from geomgen.errors import UsageError
from geomgen.fields import option


@dataclass(frozen=True)
class SweepConfig(Config):
    """Which cells of a sweep run, and where."""

    on: str = option(
        "local",
        "Where cells run: as processes on this machine, as Ray tasks, or as a Slurm array job.",
        "Where",
        choices=("local", "ray", "slurm"),
    )
    jobs: int | None = option(
        None,
        "Cells to run at a time. If not given: one on this machine; on Ray and Slurm, as many as there is room for. "
        "Cells share this machine's cores.",
        "Where",
        minimum=1,
        short="-j",
    )
    address: str | None = option(
        None, "Address of the Ray cluster to join, HOST:PORT; if not given, Ray starts on this machine.", "Where"
    )
    submit: bool = option(False, "Submit the Slurm array with sbatch; otherwise it is only written.", "Where")
    only: str = option(
        "missing",
        "Which cells to run. missing: those without a complete result; failed: those of them that failed before; all: "
        "every cell, again.",
        "Cells",
        choices=("missing", "failed", "all"),
    )
    retries: int = option(1, "How many times to retry a cell whose process crashed or was killed.", "Cells", minimum=0)
    fail_fast: bool = option(
        False, "Stop at the first cell that fails; cells that are running save their state first.", "Cells"
    )
    reports: bool = option(True, "Make the recipes' reports once the cells are done.", "Files")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, place in (("address", "ray"), ("submit", "slurm")):
            if getattr(self, name) and self.on != place:
                raise UsageError(f"--{name} does not apply to --on {self.on}.", f"Choose --on {place}.")


@dataclass(frozen=True)
class ReportsConfig(Config):
    """Section ``[report]`` of a recipe."""

    names: tuple[str, ...] = option(("training",), "Reports to make at the end; the first is printed.", "Report")
    compare: str | None = option(
        None, "What to compare with, such as 'published', in the reports that support it.", "Report"
    )


@dataclass(frozen=True)
class ResourcesConfig(Config):
    """Section ``[resources]`` of a recipe: what one cell is given."""

    threads: int | None = option(
        None, "Threads per cell; a worker's share of the cores if not given.", "Resources", minimum=1
    )
    num_cpus: float | None = option(
        None, "Cores that Ray or Slurm reserves for a cell; as many as threads if not given.", "Resources", minimum=0
    )
    num_gpus: float = option(0.0, "GPUs that Ray or Slurm reserves for a cell.", "Resources", minimum=0)
