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
        "Where cells run: in processes of this machine, as tasks of Ray, or as an array of Slurm.",
        "Where",
        choices=("local", "ray", "slurm"),
    )
    jobs: int | None = option(
        None,
        "Cells at a time: one on this machine if not given, on Ray and Slurm as many as there is room for. The cores "
        "of this machine are divided between them.",
        "Where",
        minimum=1,
        short="-j",
    )
    address: str | None = option(None, "Ray cluster to join; without it Ray starts on this machine.", "Where")
    submit: bool = option(False, "Hand the Slurm array in with sbatch, and do not only write it.", "Where")
    only: str = option(
        "missing",
        "missing: cells without a whole result; failed: those of them that have failed before; all: every one anew.",
        "Cells",
        choices=("missing", "failed", "all"),
    )
    retries: int = option(
        1, "How often a cell whose process was killed or crashed is taken up again.", "Cells", minimum=0
    )
    fail_fast: bool = option(False, "Stop at the first cell that fails; those that run save themselves.", "Cells")
    reports: bool = option(True, "Make the recipes' reports once the cells are done.", "Files")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, place in (("address", "ray"), ("submit", "slurm")):
            if getattr(self, name) and self.on != place:
                raise UsageError(f"--{name} has no meaning for --on {self.on}.", f"Choose --on {place}.")


@dataclass(frozen=True)
class ReportsConfig(Config):
    """Section ``[report]`` of a recipe."""

    names: tuple[str, ...] = option(("training",), "Reports to make at the end; the first is printed.", "Report")
    compare: str | None = option(None, "What to compare with, in those reports that can be.", "Report")


@dataclass(frozen=True)
class ResourcesConfig(Config):
    """Section ``[resources]`` of a recipe: what one cell is given."""

    threads: int | None = option(None, "Threads; a worker's share of the cores if not given.", "Resources", minimum=1)
    num_cpus: float | None = option(None, "Cores that Ray or Slurm sets aside; as threads.", "Resources", minimum=0)
    num_gpus: float = option(0.0, "GPUs that Ray or Slurm sets aside.", "Resources", minimum=0)
