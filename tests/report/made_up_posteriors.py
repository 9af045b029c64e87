"""Runs of ``posterior`` that trained no network."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from geomgen.config.posterior import PosteriorConfig
from geomgen.store.run import Run, create_run
from geomgen.tables.posterior import PosteriorSummaryRow

CLOSE: dict[str, Any] = {
    "inputs": 4, "train_size": 8, "sigma_b": 0.3, "networks": 500, "samples": 1500, "sampler": "orthant",
}  # fmt: skip
BOUNDED: dict[str, Any] = {
    "inputs": 7, "train_size": 32, "sigma_b": 0.3, "networks": 200, "samples": 500, "sampler": "orthant",
    "optimizer": "adam",
}  # fmt: skip
"""Options of the claims' runs."""


def posterior_run(folder: Path, options: Mapping[str, Any], **changed: Any) -> Run:
    """Return a run of some options, of whose summary some columns are given."""
    config = PosteriorConfig(**options, threads=1).filled()
    run = create_run(
        folder, "posterior", f"h{config.hidden}-{config.optimizer}-s{config.seed}", config.to_mapping(), {}
    )
    usual = {field.name: 1.0 if "float" in str(field.type) else 1 for field in fields(PosteriorSummaryRow)}
    known = {"num_inputs": config.num_inputs, "train_size": config.train_size, "sampled_by": "orthant"}
    run.add_rows("posterior_summary", [PosteriorSummaryRow(**usual | known | {"converged": True} | changed)])
    run.finish("complete")
    return run
