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
    sampled_by: str = column("How they were drawn: rejection or slice.")
    r_hat: float | None = column("R-hat of the test errors of the chains of slice; null for rejection.")
    effective_samples: float = column("Independent samples that they are worth, by their test errors.")
    prior_mass: float | None = column("Fraction of drawn networks that fit the known values; null if none did.")
    prior_mass_low: float = column("Lower end of its 95 % interval.")
    prior_mass_high: float = column("Upper end of it.")
    num_functions_sgd: int = column("Different functions that training found.")
    num_functions_bayes: int = column("Different functions among the samples of the posterior.")
    num_functions_compared: int = column(
        "Functions of the slope: those that came at least 5 times in half of the posterior's samples."
    )
    log_slope: float | None = column(
        "Exponent b of P_SGD ~ P_B^b over these, P_B from the other half, zeros included; null for fewer than four."
    )
    log_slope_low: float | None = column("Lower end of its 95 % interval.")
    log_slope_high: float | None = column("Upper end of it.")
    rank_correlation: float | None = column("Spearman's correlation of their counts in both.")
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


TABLES = {
    "posterior_summary": PosteriorSummaryRow,
    "function_posterior": FunctionPosteriorRow,
    "posterior_errors": PosteriorErrorRow,
}
