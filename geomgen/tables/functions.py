"""Tables of functions that random networks compute."""

from dataclasses import dataclass

from geomgen.fields import column

FEWEST_FITTED_COUNT = 10
"""How often a function must have been drawn for its frequency to be fitted."""


@dataclass(frozen=True)
class FunctionSummaryRow:
    """Functions that random networks compute, all together: the row of ``function_summary.parquet``.

    The functions that are fitted are those that were drawn at least 10 times, among those listed.
    """

    num_draws: int = column("Networks drawn.", key=True)
    num_inputs: int = column("Inputs at which each function has a value.", key=True)
    num_functions: int = column("Different functions drawn.")
    num_once: int = column("Functions drawn once.")
    unseen_mass: float = column("Probability of a function that was not drawn: num_once / num_draws (Good and Turing).")
    unseen_mass_stderr: float = column("Its standard error, sqrt(num_once + 2 num_twice) / num_draws.")
    top_1_mass: float = column("Fraction of the draws that are the most frequent function.")
    top_10_mass: float = column("Fraction of the draws that are one of the 10 most frequent functions.")
    top_100_mass: float = column("Fraction of the draws that are one of the 100 most frequent functions.")
    num_fitted: int = column("Functions that are fitted.")
    rank_slope: float | None = column("Slope of log10 P against log10 rank, P the frequency; -1 is Zipf's law.")
    complexity_slope: float | None = column("Slope of log10 P against Lempel-Ziv complexity.", "per bit")
    complexity_slope_low: float | None = column("Lower end of its 95 % interval, from the residuals.", "per bit")
    complexity_slope_high: float | None = column("Upper end of its 95 % interval.", "per bit")
    complexity_null_low: float | None = column(
        "2.5 % quantile of the slope if complexities are permuted among the functions.", "per bit"
    )
    complexity_null_high: float | None = column("97.5 % quantile of the same.", "per bit")
    complexity_p_value: float | None = column(
        "Share of 1,000 permutations, the data among them, whose slope is as far from 0."
    )
    num_profiled: int = column("Networks drawn first, over which complexities and sensitivities below are averaged.")
    complexity_mean: float = column("Mean Lempel-Ziv complexity of a network's function.", "bits")
    complexity_stderr: float = column("Its standard error.", "bits")
    complexity_shuffled: float = column("The same of its values shuffled among the inputs.", "bits")
    complexity_random: float = column("The same of functions whose values are fair coins.", "bits")
    sensitivity: float | None = column(
        "Mean fraction of single bits of the input that change the value if flipped; null for images. 1/2 for fair "
        "coins."
    )
    sensitivity_stderr: float | None = column("Its standard error over networks.")
    sensitivity_shuffled: float | None = column("Its expectation if each network's values are shuffled.")
    growth_exponent: float | None = column("Exponent of the number of different functions over the last doubling.")
    num_listed: int = column("Rows of function_frequencies.")
    num_passes: int = column("How often the networks were drawn to count all functions in --memory.")


@dataclass(frozen=True)
class FunctionFrequencyRow:
    """A function that random networks compute: a row of ``function_frequencies.parquet``, the most frequent first."""

    function: str = column(
        "Its values as hexadecimal digits, four inputs each, input 0 first; zeros fill the last one.", key=True
    )
    count: int = column("Networks that compute it.")
    probability: float = column("count / draws.")
    probability_low: float = column("Lower end of the 95 % interval of Clopper and Pearson.")
    probability_high: float = column("Upper end of it.")
    ones: int = column("Inputs at which it is 1.")
    lz_complexity: float = column("Lempel-Ziv complexity of its values, mean of both directions.", "bits")
    entropy: float = column("Entropy of the share of ones.", "bits")


@dataclass(frozen=True)
class FunctionGrowthRow:
    """How many functions a number of draws finds: a row of ``function_growth.parquet``."""

    draws: int = column("Networks drawn, from the first.", key=True)
    num_functions: int = column("Different functions among them.")


TABLES = {
    "function_summary": FunctionSummaryRow,
    "function_frequencies": FunctionFrequencyRow,
    "function_growth": FunctionGrowthRow,
}
