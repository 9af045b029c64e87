"""Tables of functions that training finds, beside those of the posterior."""

from dataclasses import dataclass

from geomgen.fields import column


@dataclass(frozen=True)
class PosteriorSummaryRow:
    """Training beside the posterior, all functions together: the row of ``posterior_summary.parquet``."""

    num_inputs: int = column("Inputs at which each function has a value.", key=True)
    train_size: int = column("Inputs at which the target is known.", key=True)
    num_fitted: int = column("Networks that training brought to zero error.")
    num_unfitted: int = column("Networks that did not fit within --max-epochs; they are left out.")
    epochs_mean: float = column("Mean number of epochs until a network fitted.")
    num_samples: int = column("Samples of the posterior.")
    sampled_by: str = column("How they were drawn: rejection, orthant or slice; infinite-width: of the limit's.")
    r_hat: float | None = column("R-hat of the test errors of the chains of slice; null for the others.")
    converged: bool = column(
        "Whether nothing shows that the samples are not of the posterior: of slice, R-hat at most 1.01 and 100 "
        "effective samples; of orthant and infinite-width, Pareto k of the weights at most 0.7; true for rejection, "
        "false for expectation propagation. Comparisons with training leave out runs where it is false."
    )
    effective_samples: float = column(
        "Independent samples that they are worth: by the test errors of chains, or the weights of the hidden layers."
    )
    prior_mass: float | None = column("Fraction of drawn networks that fit the known values; null if none did.")
    prior_mass_low: float = column("Lower end of its 95 % interval.")
    prior_mass_high: float = column("Upper end of it.")
    log_prior_mass: float | None = column(
        "ln P(S) of the known values S by orthants: the last layer is integrated out; of infinite-width, that of the "
        "limit. Null where that cannot be used.",
        "nats",
    )
    log_prior_mass_stderr: float | None = column(
        "Its standard error over draws of the hidden layers, or of the points in the limit's orthant.", "nats"
    )
    log_prior_mass_propagated: float | None = column(
        "ln P(S) of infinite-width by expectation propagation, too low for simple functions by an unknown amount: no "
        "bound from it is certain. Null for other samplers.",
        "nats",
    )
    routes_p_value: float | None = column(
        "Agreement of orthants with the networks drawn on P(S), and with rejection or slice on the 10 most probable "
        "functions: the smallest p-value times their number; null if too few were drawn."
    )
    num_functions_sgd: int = column("Different functions that training found.")
    num_functions_bayes: int = column("Different functions among the samples of the posterior.")
    num_functions_compared: int = column(
        "Functions of the slope: those to which at least one trained network is expected to come, if orthants give P_B "
        "to within 20 %; without orthants, those that came at least 5 times in half of the posterior's samples."
    )
    log_slope: float | None = column(
        "Exponent b of P_SGD ~ P_B^b over these, zeros included: the regression of Poisson's counts on ln P_B by "
        "orthants; without these, on counts in the other half. Null for fewer than four."
    )
    log_slope_low: float | None = column("Lower end of its 95 % interval.")
    log_slope_high: float | None = column("Upper end of it.")
    rank_correlation: float | None = column("Spearman's correlation of P_SGD and P_B over them.")
    cross_entropy_sgd: float = column(
        "Mean of -ln P_B(f) of trained networks; P_B by frequencies in half of the samples; unseen functions share "
        "their mass by Good and Turing evenly.",
        "nats",
    )
    cross_entropy_sgd_stderr: float = column("Its standard error.", "nats")
    cross_entropy_bayes: float = column(
        "That of the other half of the samples; equal but for errors if training samples the posterior.", "nats"
    )
    cross_entropy_bayes_stderr: float = column("Its standard error.", "nats")
    entropy_sgd_low: float = column(
        "Entropy of P_SGD, lower bound: that of its frequencies. The divergence of P_SGD from P_B is the cross entropy "
        "less the entropy.",
        "nats",
    )
    entropy_sgd_high: float = column("Upper bound: the unseen mass even over all unseen functions.", "nats")
    error_sgd: float = column("Mean error of trained networks at the other inputs.")
    error_sgd_stderr: float = column("Its standard error.")
    error_bayes: float = column("Mean error of the posterior at the other inputs.")
    error_bayes_stderr: float = column("Its standard error, from the effective samples.")
    ks_statistic: float = column("Largest difference between the distribution functions of both errors.")
    ks_p_value: float = column("Share of 1,000 permutations, the data among them, with one as large.")
    hamming_statistic: float = column("Squared maximum mean discrepancy of the functions, by a kernel of differences.")
    hamming_p_value: float = column("Share of 1,000 permutations, the data among them, with one as large.")
    divergence_errors: float = column("Divergence of the test errors of P_SGD from those of P_B.", "nats")
    divergence_errors_reverse: float = column("That of P_B from P_SGD.", "nats")
    divergence_top: float = column(
        "Divergence of P_SGD from P_B over the 10 functions most probable by P_B and all others together.", "nats"
    )
    divergence_top_reverse: float = column("That of P_B from P_SGD.", "nats")


@dataclass(frozen=True)
class FunctionPosteriorRow:
    """A function that fits the known values: a row of ``function_posterior.parquet``, the most probable by P_B first.

    A function that did not come has the probability 0, with the interval of a count of 0.
    """

    function: str = column(
        "Its values as hexadecimal digits, four inputs each, input 0 first; zeros fill the last one.", key=True
    )
    p_sgd: float = column("Fraction of the networks that fitted that came to it.")
    p_sgd_low: float = column("Lower end of the 95 % interval of Clopper and Pearson.")
    p_sgd_high: float = column("Upper end of it.")
    p_bayes: float = column("Fraction of the posterior's samples.")
    p_bayes_low: float = column("Lower end of the same interval, of as many trials as there are effective samples.")
    p_bayes_high: float = column("Upper end of it.")
    test_error: float = column("Fraction of the other inputs at which it is not the target.")


@dataclass(frozen=True)
class PosteriorErrorRow:
    """A number of errors at the inputs that were not known: a row of ``posterior_errors.parquet``."""

    errors: int = column("Number of errors.", key=True)
    count_sgd: int = column("Trained networks with so many.")
    count_bayes: int = column("Samples of the posterior with so many.")
    share_sgd: float = column("Fraction of the trained networks.")
    share_bayes: float = column("Fraction of the samples.")


@dataclass(frozen=True)
class PosteriorLimitRow:
    """The same for networks of infinite width, whose kernel is fixed: a row of ``posterior_limit.parquet``."""

    process: str = column(
        "Tangent kernel that the learning rate multiplies: own-width, the mean kernel of networks of the run's widths; "
        "infinite-width, the part of it that grows with the widths, so that it stays the same where the learning rate "
        "is proportional to 1/width.",
        key=True,
    )
    num_fitted: int = column("Draws of the process that descent brought to zero error.")
    num_unfitted: int = column("Draws that did not fit within --max-epochs; they are left out.")
    log_prior_mass: float = column("ln P(S) of the known values S.", "nats")
    error_sgd: float = column("Mean error after descent at the other inputs.")
    error_sgd_stderr: float = column("Its standard error.")
    error_bayes: float = column("Mean error of the process given the known values at the other inputs.")
    error_bayes_stderr: float = column("Its standard error, from the effective samples.")
    divergence_errors: float = column(
        "Divergence of the test errors after descent from those of the process given the known values; from as many "
        "draws of each as the run has networks and samples.",
        "nats",
    )
    divergence_errors_reverse: float = column("That of the latter from the former.", "nats")
    divergence_top: float = column(
        "Divergence over the 10 functions most probable given the known values and all others together.", "nats"
    )
    divergence_top_reverse: float = column("That of the latter from the former.", "nats")
    divergence_trained: float = column(
        "Divergence of the test errors of the run's trained networks from those after descent.", "nats"
    )


@dataclass(frozen=True)
class OptimalSetPointRow:
    """A network that fits: a row of ``optimal_set_points.parquet``."""

    law: str = column(
        "trained: one of those that training brought to zero error. drawn: the end of a chain of slice sampling among "
        "networks of the prior that fit.",
        key=True,
    )
    network: int = column("Its number.", key=True)
    test_error: float = column("Fraction of the other inputs at which it is wrong.")
    log_trace_nats: float = column(
        "Logarithm of the trace of the Gauss-Newton matrix of the loss of the known values; of relu, of the Hessian.",
        "nats",
    )
    log_volume_nats: float = column(
        "Logarithm of the fraction of 256 neighbours that fit, 1/2 added to their number: each parameter plus 0.3 "
        "standard deviations of the prior times a normal number.",
        "nats",
    )
    r_hat: float | None = column(
        "Of drawn: the larger R-hat, over all chains, of test error and logarithm of the trace. Null for trained."
    )
    effective_samples: float | None = column(
        "Of drawn: independent draws that those of all chains are worth; the smaller of both. Null for trained."
    )
    converged: bool | None = column(
        "Of drawn: whether that R-hat is at most 1.05 and there are at least 100 effective draws. Null for trained."
    )


TABLES = {
    "posterior_summary": PosteriorSummaryRow,
    "function_posterior": FunctionPosteriorRow,
    "posterior_errors": PosteriorErrorRow,
    "posterior_limit": PosteriorLimitRow,
    "optimal_set_points": OptimalSetPointRow,
}
