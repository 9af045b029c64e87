"""Runs of ``minima`` whose networks were never trained."""

from collections.abc import Iterable
from itertools import repeat
from pathlib import Path
from typing import Any

from geomgen.config.minima import MinimaConfig
from geomgen.store.run import Run, create_run
from geomgen.tables.minima import MinimumRow
from geomgen.tables.parameter_volume import DEPARTS, RESOLVED


def minima_run(
    folder: Path,
    log_volumes: Iterable[float],
    errors: Iterable[float] | None = None,
    correction: float | None = None,
    **options: Any,
) -> Run:
    """Return a run with some volumes and test errors."""
    config = MinimaConfig(**({"networks": 300, "threads": 1} | options))
    run = create_run(folder, "minima", f"w{config.width}-s{config.seed}", config.to_mapping(), {})
    pairs = zip(log_volumes, repeat(None) if errors is None else errors, strict=False)
    rows = [
        MinimumRow(
            network=index, num_parameters=config.num_parameters, num_curved=config.train_size,
            log_volume_nats=float(value), trace=1.0, half_log_det_nats=-2 * float(value), log_prior_nats=-10.0,
            test_error=None if error is None else float(error), quadratic_correction_nats=correction,
            quadratic_correction_stderr_nats=correction and 0.0, quadratic_ratio=correction,
            verdict=None if correction is None else RESOLVED if correction < 1 else DEPARTS,
        )
        for index, (value, error) in enumerate(pairs)
    ]  # fmt: skip
    run.add_rows("minima", rows)
    run.finish("complete")
    return run
