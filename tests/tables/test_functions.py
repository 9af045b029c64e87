"""Tables of functions: the contract of their columns."""

from geomgen.tables.functions import FunctionFrequencyRow
from geomgen.tables.registry import columns


def test_the_columns_of_function_frequencies() -> None:
    assert list(columns(FunctionFrequencyRow)) == [
        "function", "count", "probability", "probability_low", "probability_high", "ones", "lz_complexity", "entropy",
    ]  # fmt: skip
