"""Tables of the surface of parameters that fit, and of where training meets it."""

from dataclasses import dataclass

from geomgen.fields import column


@dataclass(frozen=True)
class NearestPointSummaryRow:
    """All networks together: the row of ``nearest_point_summary.parquet``."""

    num_equations: int = column("N: outputs that are fitted.", key=True)
    num_parameters: int = column("D.")
    num_networks: int = column("Networks.")
    num_converged: int = column(
        "Those of which training and a search for the nearest point converged; the others are left out."
    )
    distance_trained: float | None = column("Mean distance from the initialisation to where training ended.")
    distance_nearest: float | None = column("Mean distance to the nearest point that was found.")
    distance_linear: float | None = column(
        "Mean distance to the set that fits if the network is linearised: sqrt(r' K^-1 r), K the tangent kernel."
    )
    relative_distance: float | None = column("Mean distance_trained over the norm of the initial parameters.")
    distance_ratio: float | None = column("Mean of distance_trained over distance_nearest.")
    distance_ratio_stderr: float | None = column("Its standard error over networks.")
    linear_ratio: float | None = column("Mean of distance_linear over distance_nearest.")
    linear_ratio_stderr: float | None = column("Its standard error over networks.")
    log10_curvature: float | None = column("Mean of log10 of the surface's curvature where training ended.")
    log10_curvature_range: float | None = column("97.5 % less 2.5 % quantile of the same over networks.")
    log_curvature_std: float | None = column("Standard deviation of ln curvature over networks.")
    log_prior_std: float | None = column("Standard deviation of the log prior density where training ended.")


@dataclass(frozen=True)
class NearestPointRow:
    """The way of a network that reached the surface of parameters that fit: a row of ``nearest_points.parquet``."""

    network: int = column("Number of the network, from 0.", key=True)
    distance_trained: float = column("Distance from the initialisation to where gradient flow ended.")
    distance_nearest: float | None = column("Distance to the nearest point found; null if no search converged.")
    distance_linear: float = column("Distance to the set that fits if the network is linearised at its initialisation.")
    initial_norm: float = column("Norm of the initial parameters.")
    curvature: float | None = column(
        "Root mean square of the normal curvature |J^+ (u' H u)| over 8 random tangent directions u; null if the "
        "surface has none."
    )
    log_prior: float = column(
        "-|z|^2 / 2 where training ended, z the parameters over their initial standard deviations.", "nats"
    )
    half_log_det: float = column("ln sqrt(det J J') there.", "nats")
    num_found: int = column("Searches that converged.")
    num_agreeing: int = column("Those of them that ended within 1e-6 of the shortest distance.")


@dataclass(frozen=True)
class SurfaceLawRow:
    """Trained points beside a law on the surface: a row of ``surface_laws.parquet``."""

    law: str = column(
        "prior: the prior's density, relative to the surface's own measure; conditioned: that over sqrt(det J J'); "
        "nearest: the nearest points of draws from the prior.",
        key=True,
    )
    density_slope: float | None = column(
        "s, if the density of trained points is proportional to the law's times the prior's to the power s - 1; null "
        "if the two do not overlap."
    )
    density_slope_stderr: float | None = column("Its standard error, from logistic regression.")
    log_prior_shift: float = column("Mean log prior density of trained points less that of the law.", "nats")
    log_prior_distance: float = column("Kolmogorov and Smirnov's distance of the log prior densities.")
    log_prior_p_value: float = column("Its p-value if both are of one law.")
    half_log_det_distance: float = column("The same distance of ln sqrt(det J J').")
    half_log_det_p_value: float = column("Its p-value.")
    output_distance: float | None = column("The same distance of outputs at an input that was not trained on.")
    output_p_value: float | None = column("Its p-value.")
    num_trained: int = column("Trained points.")
    num_sampled: int = column("Points of the law.")
    acceptance: float | None = column("Mean acceptance of the chains; null of nearest.")
    step_length: float | None = column("Length of their steps; null of nearest.")
    r_hat: float | None = column("R-hat of the log prior density along the chains; null of nearest.")
    ess: float | None = column("Effective number of their draws; null of nearest.")
    verdict: str = column("resolved; not mixed (R-hat above 1.1); or no overlap.")


TABLES = {
    "nearest_point_summary": NearestPointSummaryRow,
    "nearest_points": NearestPointRow,
    "surface_laws": SurfaceLawRow,
}
