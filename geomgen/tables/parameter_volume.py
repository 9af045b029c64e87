"""Table of volumes in parameter space."""

from dataclasses import dataclass

from geomgen.fields import column


@dataclass(frozen=True)
class ParameterVolumeRow:
    """One estimate of the volume around one state: a row of ``parameter_volume.parquet``."""

    state: str = column("Parameters: initial, final, or a checkpoint's name.", key=True)
    method: str = column(
        "ellipsoid: of second derivatives; saddlepoint: that ellipsoid's mass under the prior; monte-carlo: radii in "
        "random directions.",
        key=True,
    )
    behaviour: str = column("What changes by at most the tolerance: kl, loss or disagreement.", key=True)
    weighting: str = column("prior: mass under the prior; none: volume.", key=True)
    preconditioner: str | None = column(
        "How directions of monte-carlo are stretched: none or diagonal; null without directions.", key=True
    )
    gauge: str = column("as-is, or rebalanced: units with incoming and outgoing weights of equal norm.", key=True)
    tolerance: float = column("Largest change, epsilon: nats, squared error, or a share of images.", key=True)
    num_samples: int = column("Training images.", key=True)
    prior_std: float | None = column("--prior-std; null without it.", key=True)
    curvature_floor: float | None = column(
        "Share of the largest curvature below which it counts as flat; null under the prior or if none is used.",
        key=True,
    )
    num_directions: int | None = column("Directions; null without directions.", key=True)
    direction_seed: int | None = column("Seed of the directions; null without directions.", key=True)
    log_volume_nats: float = column("ln of the volume, or of its mass under the prior.", "nats")
    stderr: float = column("Standard error of log_volume_nats; 0 if nothing was drawn.", "nats")
    d_log_volume_d_log_tolerance: float | None = column(
        "d ln V / d ln epsilon: D/2 of a quadratic, the learning coefficient as epsilon falls; null of disagreement, "
        "and where fewer than two rays end."
    )
    d_log_volume_d_log_tolerance_stderr: float | None = column("Its standard error.")
    is_lower_bound: bool = column("Whether the volume may be much larger: see verdict.")
    verdict: str = column(
        "resolved; or why not: heavy tail (Pareto k above 0.7), few directions (effective number below 10), censored "
        "rays, flat directions (without a prior), negative curvature."
    )
    ess: float | None = column("Effective number of directions; null without directions.")
    pareto_k: float | None = column("Shape of the law of the largest of their masses; null if too few or equal.")
    num_censored: int | None = column("Directions in which the region does not end; null without directions.")
    num_parameters: int = column("D.")
    log_unit_ball_nats: float = column("ln V_D, the volume of the unit ball.", "nats")
    log_preconditioner_nats: float | None = column("ln |det P| of the directions; null without directions.", "nats")
    log_eigenvalue_product_nats: float | None = column(
        "Sum of ln of the eigenvalues that are not flat, in units of the prior if there is one; null of monte-carlo.",
        "nats",
    )
    num_flat: int | None = column("Eigenvalues at or below the floor; null of monte-carlo.")
    flat_floor: float | None = column("That floor; under the prior that of rounding; null of monte-carlo.")
    num_negative: int | None = column("Eigenvalues below -rounding, which count as flat; null of monte-carlo.")


TABLES = {"parameter_volume": ParameterVolumeRow}
