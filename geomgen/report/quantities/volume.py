"""Quantities of the volume that activations fill."""

from geomgen.report.quantity import Quantity

TABLE = "activation_volume"
OF_ACTIVATIONS = ("state", "condition")
RELATIVE, SHRUNK = {"rule": "relative"}, {"rule": "ledoit-wolf"}

LOG_DET = Quantity(
    "log_det_nats",
    "log determinant of activations",
    TABLE,
    "log_det_nats",
    unit="nats",
    keys=OF_ACTIVATIONS,
    where=RELATIVE,
    penultimate=True,
    formula="sum of the logarithms of the squared singular values within e^8 of the 16 largest, penultimate layer",
)
PARTICIPATION_RATIO = Quantity(
    "participation_ratio",
    "participation ratio of activations",
    TABLE,
    "participation_ratio",
    unit="dimensions",
    keys=OF_ACTIVATIONS,
    where=RELATIVE,
    penultimate=True,
    formula="(sum of variances)^2 / sum of squared variances along the principal axes, penultimate layer",
)
