"""Table of volumes in parameter space."""

from dataclasses import dataclass

from geomgen.fields import column

RESOLVED, DEPARTS = "resolved", "quadratic does not hold"
"""Verdicts on a volume, and on second derivatives that are no good picture of the region."""


@dataclass(frozen=True, kw_only=True)
class ParameterVolumeRow:
    """One estimate of the volume around one state: a row of ``parameter_volume.parquet``."""

    state: str = column("Parameters: initial, final, or a checkpoint's name.", key=True)
    method: str = column(
        "ellipsoid: of second derivatives; saddlepoint: that ellipsoid's mass under the prior; monte-carlo: radii in "
        "random directions; free-energy: chains at rising weights of the change, under the prior. The first three are "
        "of the region around the state; the last is of all parameters, wherever they are.",
        key=True,
    )
    behaviour: str = column("What changes by at most the tolerance: kl, loss or disagreement.", key=True)
    weighting: str = column("prior: mass under the prior; none: volume.", key=True)
    preconditioner: str | None = column(
        "How directions of monte-carlo, or steps of chains, are stretched: none, diagonal or low-rank; null without.",
        key=True,
        default=None,
    )
    gauge: str = column("as-is, or rebalanced: units with incoming and outgoing weights of equal norm.", key=True)
    tolerance: float = column("Largest change, epsilon: nats, squared error, or a share of images.", key=True)
    num_samples: int | None = column("Training images; null for a potential.", key=True)
    prior_std: float | None = column("--prior-std; null without it.", key=True)
    curvature_floor: float | None = column(
        "Share of the largest curvature below which it counts as flat; null under the prior or if none is used.",
        key=True,
        default=None,
    )
    num_directions: int | None = column("Directions; null without directions.", key=True, default=None)
    direction_seed: int | None = column("Seed of the directions, or of chains; null without.", key=True, default=None)
    num_rungs: int | None = column("Weights of free-energy, besides 0; null without chains.", key=True, default=None)
    num_chains: int | None = column("Chains at each weight; null without chains.", key=True, default=None)
    num_draws: int | None = column("Draws per chain after burn-in; null without chains.", key=True, default=None)
    burn_in: int | None = column("Draws dropped per chain; null without chains.", key=True, default=None)
    leapfrog_steps: int | None = column("Leapfrog steps per draw; null without chains.", key=True, default=None)
    log_volume_nats: float = column("ln of the volume, or of its mass under the prior.", "nats")
    log_volume_theory_nats: float | None = column(
        "Its exact value for a potential; null if unknown.", "nats", default=None
    )
    stderr: float = column(
        "Standard error of log_volume_nats; 0 if nothing was drawn. Of free-energy, with its quadrature_error_nats.",
        "nats",
    )
    d_log_volume_d_log_tolerance: float | None = column(
        "d ln V / d ln epsilon: D/2 of a quadratic, the learning coefficient as epsilon falls; null of disagreement, "
        "and where fewer than two rays end."
    )
    d_log_volume_d_log_tolerance_stderr: float | None = column("Its standard error.")
    d_log_volume_d_log_tolerance_theory: float | None = column(
        "Its exact value for a potential; null if unknown.", default=None
    )
    is_lower_bound: bool = column("Whether the volume may be much larger: see verdict.")
    verdict: str = column(
        "resolved; or why not: heavy tail (Pareto k above 0.7), few directions (effective number below 10), censored "
        "rays, flat directions (without a prior), negative curvature, quadratic does not hold (its correction is above "
        "ln 2 in size, or rests on fewer than 100 effective draws of 400); of free-energy: not mixed (R-hat above 1.05 "
        "or fewer than 100 effective draws, at any weight)."
    )
    ess: float | None = column(
        "Effective number of directions, or of draws at the weight where it is smallest; null without.", default=None
    )
    pareto_k: float | None = column(
        "Shape of the law of the largest of the directions' masses; null if too few or equal.", default=None
    )
    num_censored: int | None = column(
        "Directions in which the region does not end; null without directions.", default=None
    )
    r_hat: float | None = column("Largest R-hat of the chains; null without chains.", default=None)
    inverse_temperature: float | None = column(
        "Largest weight n beta of free-energy, at which the mean change is about the tolerance.", default=None
    )
    free_energy_nats: float | None = column(
        "-ln Z at inverse_temperature: Z = E exp(-n beta x change), over the prior.", "nats", default=None
    )
    quadrature_error_nats: float | None = column(
        "What the spacing of the weights may have changed it by.", "nats", default=None
    )
    num_parameters: int = column("D.")
    log_unit_ball_nats: float = column("ln V_D, the volume of the unit ball.", "nats")
    log_preconditioner_nats: float | None = column(
        "ln |det P| of the directions; null without directions.", "nats", default=None
    )
    log_eigenvalue_product_nats: float | None = column(
        "Sum of ln of the eigenvalues that are not flat, in units of the prior if there is one; null without an "
        "ellipsoid.",
        "nats",
        default=None,
    )
    trace: float | None = column(
        "Trace of the second derivatives by the parameters, of the loss or of the divergence (equal to that of the "
        "loss's Gauss-Newton matrix); null without an ellipsoid.",
        default=None,
    )
    quadratic_correction_nats: float | None = column(
        "By how much ln Z is more than that of the quadratic approximation, at the n beta at which the mean of the "
        "latter is the tolerance: about what log_volume_nats misses; rough if large. 0 for a quadratic; null without "
        "an ellipsoid.",
        "nats",
        default=None,
    )
    quadratic_correction_stderr_nats: float | None = column(
        "Its Monte-Carlo standard error; null without an ellipsoid.", "nats", default=None
    )
    quadratic_ratio: float | None = column(
        "Mean change over the mean of its quadratic approximation, at the same n beta under the latter's law; null "
        "without an ellipsoid, or if nothing curves.",
        default=None,
    )
    num_flat: int | None = column("Eigenvalues at or below the floor; null without an ellipsoid.", default=None)
    flat_floor: float | None = column(
        "That floor; under the prior that of rounding; null without an ellipsoid.", default=None
    )
    num_negative: int | None = column(
        "Eigenvalues below -rounding, which count as flat; null without an ellipsoid.", default=None
    )


@dataclass(frozen=True)
class FreeEnergyRow:
    """The free energy at one weight of the change: a row of ``free_energy.parquet``."""

    state: str = column("Parameters: initial, final, or a checkpoint's name; the name of a potential.", key=True)
    behaviour: str = column("The change: of kl or loss.", key=True)
    gauge: str = column("as-is, or rebalanced: units with incoming and outgoing weights of equal norm.", key=True)
    tolerance: float = column("Tolerance for whose volume the ladder of weights was made.", key=True)
    num_samples: int | None = column("Training images; null for a potential.", key=True)
    prior_std: float | None = column("--prior-std; null without it.", key=True)
    preconditioner: str = column("How steps of chains are stretched: none, diagonal or low-rank.", key=True)
    direction_seed: int = column("Seed of the chains.", key=True)
    num_rungs: int = column("Weights besides 0.", key=True)
    num_chains: int = column("Chains at each weight.", key=True)
    num_draws: int = column("Draws per chain after burn-in.", key=True)
    burn_in: int = column("Draws dropped per chain.", key=True)
    leapfrog_steps: int = column("Leapfrog steps per draw.", key=True)
    rung: int = column("Number of the weight, from 0, where it is 0.", key=True)
    inverse_temperature: float = column("n beta: weight of the change.")
    free_energy_nats: float = column(
        "-ln Z = integral of mean_change over n beta from 0: Z = E exp(-n beta x change), over the prior.", "nats"
    )
    free_energy_stderr_nats: float = column("Its Monte-Carlo and quadrature error together.", "nats")
    quadrature_error_nats: float = column("What the spacing of the weights may have changed it by.", "nats")
    mean_change: float = column("Mean change of the chains: nats, or squared error.")
    mean_change_stderr: float = column("Its Monte-Carlo standard error.")
    r_hat: float = column("Rank-normalised split R-hat of the change.")
    ess: float = column("Effective number of draws of the change, of all chains together.")
    acceptance: float = column("Mean acceptance of the chains.")
    exchange_acceptance: float | None = column(
        "Mean acceptance of exchanges with the next larger weight; null at the largest."
    )


TABLES = {"parameter_volume": ParameterVolumeRow, "free_energy": FreeEnergyRow}
