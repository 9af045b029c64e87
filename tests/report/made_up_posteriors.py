"""Runs of ``posterior`` that trained no network."""

import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from geomgen.config.posterior import PosteriorConfig
from geomgen.store.run import Run, create_run
from geomgen.tables.posterior import OptimalSetPointRow, PosteriorLimitRow, PosteriorSummaryRow

CLOSE: dict[str, Any] = {
    "inputs": 5, "train_size": 16, "sigma_b": 0.3, "networks": 3000, "samples": 1000, "sampler": "orthant",
}  # fmt: skip
BOUNDED: dict[str, Any] = {
    "inputs": 7, "train_size": 32, "sigma_b": 0.3, "networks": 200, "samples": 500, "sampler": "orthant",
    "optimizer": "adam",
}  # fmt: skip
WIDENING: dict[str, Any] = {
    "inputs": 4, "train_size": 8, "sigma_b": 0.3, "networks": 500, "infinite_width": True, "optimal_points": 100,
}  # fmt: skip
"""Options of the claims' runs."""


def posterior_run(
    folder: Path, options: Mapping[str, Any], spread: float = 0.1, *, points_converged: Any = True, **changed: Any
) -> Run:
    """Return a run of some options, of whose summary some columns are given; points differ by a spread."""
    config = PosteriorConfig(**options, threads=1).filled()
    run = create_run(
        folder, "posterior", f"h{config.hidden}-{config.optimizer}-s{config.seed}", config.to_mapping(), {}
    )
    usual: dict[str, Any] = {
        field.name: 1.0 if "float" in str(field.type) else 1 for field in fields(PosteriorSummaryRow)
    }
    known = {"num_inputs": config.num_inputs, "train_size": config.train_size, "sampled_by": "orthant"}
    usual["log_prior_mass_propagated"] = None
    run.add_rows("posterior_summary", [PosteriorSummaryRow(**usual | known | {"converged": True} | changed)])
    if config.infinite_width:
        run.add_rows("posterior_limit", [_limit(process) for process in ("own-width", "infinite-width")])
    if config.optimal_points:
        run.add_rows("optimal_set_points", _points(spread, points_converged))
    run.finish("complete")
    return run


def _limit(process: str) -> PosteriorLimitRow:
    """Return a process whose divergences are 0.3."""
    known = {field.name: 0.3 for field in fields(PosteriorLimitRow)}
    return PosteriorLimitRow(**known | {"process": process, "num_fitted": 500, "num_unfitted": 0})  # type: ignore[arg-type]


def _points(spread: float, converged: bool | None) -> list[OptimalSetPointRow]:
    """Return two networks of each law whose test errors, curvatures and volumes have a spread."""
    return [
        OptimalSetPointRow(law, number, *(0.4 + sign * spread / math.sqrt(2),) * 3, *chains)
        for law, chains in (("trained", (None, None, None)), ("drawn", (1.0, 100.0, converged)))
        for number, sign in enumerate((1, -1))
    ]
