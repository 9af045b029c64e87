"""Tables of regression problems whose answer is known."""

from dataclasses import dataclass

from geomgen.fields import column


@dataclass(frozen=True)
class LinearSummaryRow:
    """All descents of a model: a row of ``regress_linear_summary.parquet``."""

    model: str = column("ordinary, slight or very over-parameterised.", key=True)
    repetitions: int = column("Draws from the prior.")
    slope_mean: float = column("Mean slope at the end of gradient descent.")
    slope_mean_stderr: float = column("Standard error of slope_mean.")
    slope_variance: float = column("Variance of the slope at the end of gradient descent.")
    slope_variance_stderr: float = column("Standard error of slope_variance if the slope is normal.")
    posterior_mean: float = column("Mean of the slope's Bayesian posterior, x.y / (1 + |x|^2).")
    posterior_variance: float = column("Variance of the slope's Bayesian posterior, 1 / (1 + |x|^2).")
    theory_mean: float = column("Exact mean of slope over the model's prior.")
    theory_variance: float = column("Exact variance of slope over the model's prior.")
    ks_distance: float = column("Kolmogorov-Smirnov distance of the slopes from the posterior.")
    ks_p_value: float = column("Probability of at least this distance if the slopes are drawn from the posterior.")
    published_slope: float = column("Published slope, from other points.")
    distance_mean: float = column("Mean distance of the parameters from the initial ones.")
    relative_distance_mean: float = column("Mean distance over the mean norm of the initial parameters.")
    max_deviation: float = column("Largest distance of an end from the nearest optimal point, relative to distance.")
    num_parameters: int = column("Parameters, k.")
    num_samples: int = column("Points, N.")
    jacobian_rank: int = column("Rank of the derivative of the predictions with respect to the parameters.")
    manifold_dim: int = column("Dimension of the set of optimal parameters: k minus rank.")
    num_steps: int = column("Steps of gradient descent.")
    relative_gradient: float = column("Largest ratio of the gradient's norm at the end to that at the start.")
    converged: bool = column("Whether every gradient fell below the tolerance.")


@dataclass(frozen=True)
class LinearRow:
    """One descent: a row of ``regress_linear.parquet``."""

    model: str = column("ordinary, slight or very over-parameterised.", key=True)
    repetition: int = column("Number of the draw from the prior.", key=True)
    initial_slope: float = column("Slope drawn from the prior.")
    slope: float = column("Slope at the end of gradient descent.")
    distance: float = column("Euclidean distance of the parameters from the initial ones.")
    deviation: float = column(
        "Distance of the end from the optimal point nearest to the initial parameters, divided by distance."
    )


@dataclass(frozen=True)
class OptimalSetRow:
    """All models with one number of features: a row of ``regress_optimal_set.parquet``."""

    features: int = column("Features and parameters, P.", key=True)
    samples: int = column("Samples, N.")
    repetitions: int = column("Draws of features, targets and initial parameters.")
    min_rank: int = column("Smallest numerical rank of the features, at the cut-off max(N, P) eps.")
    max_rank: int = column("Largest numerical rank of the features.")
    optimal_fraction: float = column("1 - rank/P, mean: the fraction of directions that stay optimal.")
    optimal_fraction_theory: float = column("(P - N)/P, or 0.")
    distance_mean: float = column("Mean distance from the initial parameters to the nearest optimal ones.")
    distance_stderr: float | None = column("Standard error of distance_mean; null if the variance is infinite.")
    distance_stderr_note: str | None = column("Why there is no distance_stderr; null if there is one.")
    distance_theory: float = column("Exact mean distance; infinite at P = N.")
    distance_median: float = column("Median distance.")
    distance_median_low: float | None = column(
        "Lower end of the 95 % interval of distance_median, an order statistic; null for fewer than 6 repetitions."
    )
    distance_median_high: float | None = column("Upper end of the same interval.")
    relative_distance_mean: float = column("Mean of the distance over the norm of the initial parameters.")
    relative_distance_stderr: float | None = column(
        "Standard error of relative_distance_mean; null if the variance is infinite."
    )
    relative_distance_stderr_note: str | None = column(
        "Why there is no relative_distance_stderr; null if there is one."
    )
    relative_distance_median: float = column("Median of the distance over the norm of the initial parameters.")
    relative_distance_median_low: float | None = column("Lower end of its 95 % interval, an order statistic.")
    relative_distance_median_high: float | None = column("Upper end of the same interval.")


@dataclass(frozen=True)
class PolynomialRow:
    """All fits of one degree: a row of ``regress_polynomial.parquet``."""

    basis: str = column("legendre: orthonormal on the interval; raw: powers.", key=True)
    degree: int = column("Degree; the number of parameters is one more.", key=True)
    samples: int = column("Points, n.")
    inputs: str = column("even or random.")
    repetitions: int = column("Draws of the training points.")
    bias_squared: float = column("Squared distance of the mean fit from the sine, minus its own sampling error.")
    bias_squared_theory: float | None = column("Exact bias_squared; null for random inputs.")
    variance: float = column("Variance of the fit, averaged over the interval.")
    variance_theory: float | None = column("Exact variance; null for random inputs.")
    noise: float = column("Variance of the noise.")
    test_error: float = column("Mean squared error at new points: bias_squared + variance + noise.")
    test_error_stderr: float | None = column(
        "Standard error of test_error; null if the variance over random inputs is infinite."
    )
    test_error_stderr_note: str | None = column(
        "Why there is no standard error; null if there is one. Where the mean is infinite, so is variance."
    )
    test_error_median: float = column("Median over the repetitions of the mean squared error at new points.")
    test_error_median_stderr: float = column("Standard error of test_error_median, from order statistics.")
    test_error_median_low: float | None = column(
        "Lower end of the 95 % interval of test_error_median, an order statistic; null for fewer than 6 repetitions."
    )
    test_error_median_high: float | None = column("Upper end of the same interval.")
    train_error: float = column("Mean squared error at the training points.")
    solution_norm_median: float = column("Median norm of the coefficients.")
    min_rank: int = column("Smallest numerical rank of the basis at the training points, at the cut-off max(n, p) eps.")
    resolved: bool = column("Whether every rank is min(n, parameters); otherwise directions were cut off.")


@dataclass(frozen=True)
class RffRow:
    """One fit: a row of ``regress_rff.parquet``."""

    features: int = column("Features, p.", key=True)
    ridge: float = column("Ridge penalty, the weight of the squared norm; 0 is ridgeless.", key=True)
    samples: int = column("Training samples, n.")
    outputs: int = column("Outputs, d: classes, or 1.")
    train_error: float = column("Mean squared error on the training samples, summed over outputs.")
    test_error: float = column("Mean squared error on the test samples, summed over outputs.")
    test_error_stderr: float = column("Standard error of test_error over the test samples.")
    train_misclassified: float | None = column(
        "Fraction of misclassified training samples; null if there are no classes."
    )
    test_misclassified: float | None = column("Fraction of misclassified test samples; null if there are no classes.")
    test_samples: int = column("Test samples.")
    solution_norm: float = column("Norm of the weights of features divided by sqrt(p), all outputs together.")
    degrees_of_freedom: float = column("Effective degrees of freedom per output: trace of the map from targets to fit.")
    numerical_rank: int = column("Directions of the features that were not cut off.")
    condition_1_norm: float = column(
        "LAPACK's estimate of the condition number in the 1-norm, which is up to p times that in the 2-norm, of the "
        "features' triangular factor (with the ridge); infinite if directions were cut off."
    )
    solver: str = column("qr (p <= n), cholesky, or spectral where float64 could not resolve all directions.")
    kernel_bandwidth: float = column("Length scale of the Gaussian kernel.")


@dataclass(frozen=True)
class RidgelessRow:
    """All fits with one number of features: a row of ``regress_ridgeless.parquet``."""

    design: str = column("isotropic, or misspecified: some relevant features are not fitted.", key=True)
    features: int = column("Fitted features, p.", key=True)
    samples: int = column("Samples, n.")
    repetitions: int = column("Draws of features and noise.")
    excess_risk_mean: float = column("Mean squared error of the predictions, without the noise of new targets.")
    excess_risk_stderr: float | None = column("Standard error of excess_risk_mean; null if the variance is infinite.")
    excess_risk_stderr_note: str | None = column("Why there is no standard error; null if there is one.")
    excess_risk_theory: float = column("Exact mean; infinite where it does not exist.")
    excess_risk_median: float = column("Median excess risk over the repetitions.")
    excess_risk_median_stderr: float = column("Standard error of excess_risk_median, from order statistics.")
    excess_risk_median_low: float | None = column(
        "Lower end of the 95 % interval of excess_risk_median, an order statistic; null for fewer than 6 repetitions."
    )
    excess_risk_median_high: float | None = column("Upper end of the same interval.")
    excess_risk_median_theory: float = column("Exact median.")
    solution_norm_median: float = column("Median norm of the solution.")


@dataclass(frozen=True)
class EpochsRow:
    """Descents at one time: a row of ``regress_epochs.parquet``."""

    rate_power: float = column("Power g: a feature of variance v has the step size large_rate / v^g.", key=True)
    step: int = column("Steps of gradient descent.", key=True)
    repetitions: int = column("Draws of features and noise.")
    excess_risk_mean: float = column("Mean squared error of the predictions, without the noise of new targets.")
    excess_risk_stderr: float = column("Standard error of excess_risk_mean.")
    excess_risk_theory: float = column("Exact mean.")


TABLES = {
    "regress_epochs": EpochsRow,
    "regress_linear_summary": LinearSummaryRow,
    "regress_linear": LinearRow,
    "regress_optimal_set": OptimalSetRow,
    "regress_polynomial": PolynomialRow,
    "regress_rff": RffRow,
    "regress_ridgeless": RidgelessRow,
}
