"""Quantities of the volume of parameters that behave like a trained network's."""

from geomgen.report.quantity import Quantity

TABLE = "parameter_volume"

LOG_VOLUME = Quantity(
    "log_volume_nats",
    "log mass of the parameters that behave alike",
    TABLE,
    "log_volume_nats",
    unit="nats",
    keys=("state", "tolerance"),
    where={"method": "saddlepoint"},
    flags="--method ellipsoid",
    formula="ln of the prior's mass where the quadratic approximation of the behaviour changes by at most epsilon",
)
