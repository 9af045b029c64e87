"""Quantities of the volume of parameters that behave like a trained network's, and of its curvature, in two gauges."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from geomgen.report.quantities.training import TEST_ACCURACY
from geomgen.report.quantity import Quantity, Selected

TABLE = "parameter_volume"
TOLERANCE = 0.01
AS_IS: dict[str, Any] = {"method": "saddlepoint", "gauge": "as-is", "tolerance": TOLERANCE}
BALANCED = AS_IS | {"gauge": "rebalanced"}
DRAWN = AS_IS | {"method": "monte-carlo"}
MASS = f"ln of the prior's mass where predictions change by a divergence of at most {TOLERANCE:g} nats"
TRACE_FORMULA = "of the divergence of predictions: of the mean loss's Gauss-Newton matrix"
IN_BALANCE = "; units rescaled to incoming and outgoing weights of equal norm, which leaves the function as it is"


def _resolved(rows: pd.DataFrame) -> pd.DataFrame:
    found = rows[~rows["is_lower_bound"].astype(bool)]
    return found.assign(value=found["log_volume_nats"])


def _of_minima(
    name: str, title: str, read: str | Callable[[pd.DataFrame], pd.DataFrame], where: dict[str, Any], formula: str,
    unit: str = "",
) -> Quantity:  # fmt: skip
    flags = "--state final --samples 300 --prior-std 1 --directions 3000" + " --gauge rebalanced" * (
        where["gauge"] == "rebalanced"
    )
    return Quantity(name, title, TABLE, read, unit, ("state",), where, flags=flags, formula=formula)


LOG_VOLUME = _of_minima(
    "log_volume_nats", "log volume under the prior", "log_volume_nats", AS_IS,
    f"{MASS}, in their quadratic approximation (saddlepoint)", "nats",
)  # fmt: skip
DRAWN_VOLUME = _of_minima(
    "drawn_log_volume_nats", "log volume under the prior by random directions", _resolved, DRAWN,
    f"{MASS}, along random directions; where these resolve it", "nats",
)  # fmt: skip
TRACE = _of_minima("trace", "trace of the second derivatives", "trace", AS_IS, TRACE_FORMULA)
BALANCED_VOLUME = _of_minima(
    "balanced_log_volume_nats", "log volume of balanced parameters under the prior", "log_volume_nats", BALANCED,
    f"{MASS}, in their quadratic approximation{IN_BALANCE}", "nats",
)  # fmt: skip
BALANCED_TRACE = _of_minima(
    "balanced_trace", "trace of the second derivatives of balanced parameters", "trace", BALANCED,
    f"{TRACE_FORMULA}{IN_BALANCE}",
)  # fmt: skip
OF_MINIMA: dict[str, Selected] = {
    one.name: one.of(state="final") for one in (LOG_VOLUME, DRAWN_VOLUME, BALANCED_VOLUME, TRACE, BALANCED_TRACE)
} | {TEST_ACCURACY.name: TEST_ACCURACY.of()}
"""What stands beside each other for each trained network, by the name of its column."""
