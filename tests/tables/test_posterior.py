"""Tables of training beside the posterior: the contract of their columns."""

from geomgen.tables.posterior import FunctionPosteriorRow
from geomgen.tables.registry import columns


def test_the_columns_of_function_posterior() -> None:
    assert list(columns(FunctionPosteriorRow)) == [
        "function", "p_sgd", "p_sgd_low", "p_sgd_high", "p_bayes", "p_bayes_low", "p_bayes_high", "test_error",
    ]  # fmt: skip
