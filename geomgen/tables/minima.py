"""Table of the minima that many networks of one shape find."""

from dataclasses import dataclass

from geomgen.fields import column


@dataclass(frozen=True)
class MinimumRow:
    """A network that fits exactly: a row of ``minima.parquet``."""

    network: int = column("Number of the network, from 0; those that did not come to fit are left out.", key=True)
    num_parameters: int = column("D.")
    num_curved: int = column("Directions in which the loss curves: the rank of its Hessian H, at most N.")
    log_volume_nats: float = column(
        "ln of the prior's mass of parameters with a mean squared error of at most the tolerance, to second order "
        "(saddlepoint).",
        "nats",
    )
    trace: float = column("Trace of H, by the parameters over their initial standard deviations.")
    half_log_det_nats: float = column(
        "Half the sum of ln of H's eigenvalues above rounding, in the same units.", "nats"
    )
    log_prior_nats: float = column("-|z|^2 / 2, z the parameters over their initial standard deviations.", "nats")
    test_error: float | None = column(
        "Share of the other inputs at which the sign is wrong; null if all inputs are trained on."
    )
    quadratic_correction_nats: float | None = column(
        "By how much ln Z is more than that of the quadratic approximation, as in parameter_volume: about what "
        "log_volume_nats misses; rough if large.",
        "nats",
    )
    quadratic_correction_stderr_nats: float | None = column("Its Monte-Carlo standard error.", "nats")
    quadratic_ratio: float | None = column(
        "Mean squared error over the mean of its quadratic approximation, under the latter's law."
    )
    verdict: str | None = column(
        "resolved; quadratic does not hold: its correction is above ln 2 in size, or rests on fewer than 100 effective "
        "draws of 400, so that the volume is that of the quadratic region; null in runs of earlier versions."
    )


TABLES = {"minima": MinimumRow}
