"""Runs of ``modified-flow`` whose errors are exact powers of the step size."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.store.run import Run
from geomgen.tables.derivatives import ModifiedFlowRow
from tests.report.made_up_regressions import made


def flow_run(root: Path, orders: Mapping[float, float], seed: int, **options: Any) -> Run:
    """Make a run of the network problem, with an order for each correction; larger steps have a larger one."""
    config = ModifiedFlowConfig(problem="network", seed=seed, **options)
    steps = [0.1 / 2**halving for halving in range(7)]
    rows = [
        ModifiedFlowRow(
            problem="network", correction=correction, step_size=step, order=None, resolved=step > 0.002,
            error=step**order * (1 + step) * (1 + 0.01 * seed) if step > 0.002 else 1.0,
        )
        for correction, order in orders.items() for step in steps
    ]  # fmt: skip
    return made(root, config, {"modified_flow": rows})
