"""Quantities of the volume of parameters that behave like a trained network's, and of its curvature, in two gauges."""

from typing import Any

from geomgen.report.quantities.learning import LLC
from geomgen.report.quantities.training import TEST_ACCURACY, TRAIN_ACCURACY
from geomgen.report.quantity import Quantity, Selected

TABLE = "parameter_volume"
TOLERANCE = 0.01
AS_IS: dict[str, Any] = {"method": "saddlepoint", "gauge": "as-is", "tolerance": TOLERANCE}
BALANCED = AS_IS | {"gauge": "rebalanced"}
MASS = f"ln of the prior's mass where predictions change by a divergence of at most {TOLERANCE:g} nats"
TRACE_FORMULA = "of the divergence of predictions: of the mean loss's Gauss-Newton matrix"
IN_BALANCE = "; units rescaled to incoming and outgoing weights of equal norm, which leaves the function as it is"


def _of_minima(name: str, title: str, read: str, where: dict[str, Any], formula: str, unit: str = "") -> Quantity:
    flags = "--state final --samples 300 --prior-std 1 --method ellipsoid --gauge as-is,rebalanced"
    return Quantity(name, title, TABLE, read, unit, ("state",), where, flags=flags, formula=formula)


LOG_VOLUME = _of_minima(
    "log_volume_nats", "log volume of the quadratic region under the prior", "log_volume_nats", AS_IS,
    f"{MASS}, in their quadratic approximation (saddlepoint)", "nats",
)  # fmt: skip
TRACE = _of_minima("trace", "trace of the second derivatives", "trace", AS_IS, TRACE_FORMULA)
BALANCED_VOLUME = _of_minima(
    "balanced_log_volume_nats", "log volume of the quadratic region of balanced parameters under the prior",
    "log_volume_nats", BALANCED,
    f"{MASS}, in their quadratic approximation{IN_BALANCE}", "nats",
)  # fmt: skip
BALANCED_TRACE = _of_minima(
    "balanced_trace", "trace of the second derivatives of balanced parameters", "trace", BALANCED,
    f"{TRACE_FORMULA}{IN_BALANCE}",
)  # fmt: skip
OF_MINIMA: dict[str, Selected] = {
    one.name: one.of(state="final") for one in (LOG_VOLUME, BALANCED_VOLUME, TRACE, BALANCED_TRACE, LLC)
} | {one.name: one.of() for one in (TRAIN_ACCURACY, TEST_ACCURACY)}
"""What stands beside each other for each trained network, by the name of its column."""
