"""Runs of ``prior-mass`` that drew no network."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from geomgen.config.prior_mass import INFINITE_WIDTH, RAO_BLACKWELL, PriorMassConfig
from geomgen.store.run import Run, create_run
from geomgen.tables.prior_mass import PriorMassRow


def mass_row(route: str, log_mass_nats: float | None, **changed: Any) -> PriorMassRow:
    """Return a row of a route that is resolved, of which some columns are given."""
    usual = dict.fromkeys((field.name for field in fields(PriorMassRow)), None)
    values = {"route": route, "log_mass_nats": log_mass_nats, "stderr": 0.01, "verdict": "resolved", "num_draws": 300}
    return PriorMassRow(**usual | values | changed)  # type: ignore[arg-type]


def mass_run(folder: Path, width: int, seed: int, excess_nats: float, target: str = "majority", layers: int = 1) -> Run:
    """Return a run whose ln P(S) is below that of infinite width, which depends on the seed, by an excess."""
    config = PriorMassConfig(
        inputs=7, sigma_b=0.3, target=target, train_size=16, hidden=",".join([str(width)] * layers), seed=seed,
        route=(RAO_BLACKWELL, INFINITE_WIDTH), most_moves=20, threads=1,
    ).filled()  # fmt: skip
    run = create_run(
        folder, "prior-mass", f"{target}-{width}-s{seed}", config.to_mapping(), {"num_parameters": 9 * width + 1}
    )
    limit = -8.0 - seed / 10
    run.add_rows(
        "prior_mass",
        [mass_row(RAO_BLACKWELL, limit - excess_nats, last_width=width), mass_row(INFINITE_WIDTH, limit)],
    )
    run.finish("complete")
    return run
