"""``geomgen nearest-point``: does training end at the nearest point that fits, and which law is it a sample of?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from geomgen.config.nearest_point import PRODUCT, NearestPointConfig
from geomgen.errors import UsageError
from geomgen.experiments.exact_fit import require_freedom
from geomgen.experiments.machine import BASE_BYTES, cpu_device, num_cores, require_memory
from geomgen.experiments.new_run import Tables, run_of_tables
from geomgen.experiments.work import Work
from geomgen.measures.equations import equations
from geomgen.measures.nearest_point import paths, summary
from geomgen.measures.surface_laws import num_draws, surface_laws
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.training.precision import fast_float32

FLOAT_BYTES, COPIES = 8, 8
PASSES_PER_DRAW, PASSES_PER_PATH = 130, 2000
FEWEST_CONVERGED = 10


def nearest_point(
    config: NearestPointConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent
) -> Run:
    """Follow training to the surface of parameters that fit, in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead.
        progress: Called after each stage and draw.

    Returns:
        The finished run, with tables ``nearest_points`` and ``nearest_point_summary``, and for networks with draws
        ``surface_laws``.

    Raises:
        UsageError: If the network cannot fit so many inputs, hardly any path reaches the surface, or the work does not
            fit in memory.
    """
    device = cpu_device(config.device, "nearest-point", "it solves small systems of equations in float64")
    threads = config.threads or num_cores()
    config = replace(config, threads=threads, device=device)
    if config.problem != PRODUCT:
        require_freedom(config)
    require_memory(work(config).memory, f"--networks {config.networks} of --width {config.width}", "Choose fewer.")
    label = f"{config.problem}-s{config.seed}" if config.problem == PRODUCT else f"{config.target}-w{config.width}"
    with fast_float32(threads):
        return run_of_tables(
            config, label, {}, runs_dir, lambda: _tables(config, progress), reuse=reuse, progress=progress
        )


def _tables(config: NearestPointConfig, progress: OnProgress) -> Tables:
    problem = equations(config)
    total = 1 + 2 * num_draws(config)
    found = paths(problem, config)
    tables: dict[str, Sequence[Any]] = {
        "nearest_points": found.rows,
        "nearest_point_summary": [summary(found.rows, problem)],
    }
    progress(1, total, "nearest point")
    if config.problem == PRODUCT:
        return tables
    if int(found.is_found.sum()) < FEWEST_CONVERGED:
        raise UsageError(
            f"Of {config.networks} networks only {int(found.is_found.sum())} could be trained to fit exactly.",
            "Choose a larger --width, or a smaller --train-size.",
        )
    if config.draws:
        laws = surface_laws(problem, found, config, lambda draw: progress(1 + draw, total, "chains on the surface"))
        tables["surface_laws"] = list(laws)
    return tables


def work(config: NearestPointConfig) -> Work:
    """Return the memory of Jacobians, and the work of one per step along flow, searches and chains."""
    if config.problem == PRODUCT:
        return Work(BASE_BYTES)
    per_pass = config.networks * config.train_size * config.num_parameters
    passes = PASSES_PER_DRAW * 2 * num_draws(config) + PASSES_PER_PATH * config.depth
    memory = BASE_BYTES + FLOAT_BYTES * COPIES * per_pass
    return Work(memory, flops=6.0 * passes * per_pass, traffic=16.0 * passes * per_pass, calls=6.0 * passes)
