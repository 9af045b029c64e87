"""Bias, variance and noise of polynomial fits: exact at fixed inputs, and what a bad basis says of itself."""

import math
from typing import Any

import pytest

from geomgen.config.regress import PolynomialConfig
from geomgen.errors import UsageError
from geomgen.measures.regression.polynomial import polynomial
from geomgen.tables.regression import PolynomialRow


def silent(*_arguments: Any) -> None:
    """Tell nobody."""


def rows(**options: Any) -> list[PolynomialRow]:
    return polynomial(PolynomialConfig(**options), silent)


def test_the_parts_are_the_exact_ones_and_add_up() -> None:
    count = 2000
    for row in rows(samples=12, degrees=(0, 3, 8, 11, 20), basis=("legendre",), repetitions=count):
        assert row.bias_squared_theory is not None
        assert row.variance_theory is not None
        spread = row.variance_theory * math.sqrt(2 / count)  # one direction dominates at worst
        assert abs(row.variance - row.variance_theory) < 5 * spread
        bias_spread = 2 * math.sqrt(row.bias_squared_theory * row.variance_theory / count) + row.variance_theory / count
        assert abs(row.bias_squared - row.bias_squared_theory) < 5 * bias_spread
        total = row.bias_squared + row.variance + row.noise
        assert row.test_error == pytest.approx(total, rel=1e-9)


def test_a_constant_has_the_sines_variance_as_bias() -> None:
    (row,) = rows(degrees=(0,), basis=("raw",))
    assert row.bias_squared_theory == pytest.approx(0.5, rel=1e-12)
    assert row.variance_theory == pytest.approx(0.1 / 30, rel=1e-12)


def test_bases_agree_until_the_solution_is_no_longer_unique() -> None:
    found = {(row.basis, row.degree): row for row in rows(samples=8, degrees=(5, 7, 12), repetitions=50)}
    for degree in (5, 7):
        raw, legendre = (found[basis, degree].test_error for basis in ("raw", "legendre"))
        assert raw == pytest.approx(legendre, rel=1e-6)
    assert found["raw", 12].test_error > 1.01 * found["legendre", 12].test_error


def test_random_inputs_are_drawn_anew_and_have_no_closed_form() -> None:
    (row,) = rows(degrees=(3,), basis=("legendre",), inputs="random", repetitions=400)
    assert row.bias_squared_theory is None
    assert row.variance == pytest.approx(4 * 0.1 / 30, rel=0.5)


def test_standard_errors_of_random_inputs_are_where_variances_are() -> None:
    """Of n = 9 inputs, errors above t are as frequent as t^-(8 / (2 degree))."""
    options: dict[str, Any] = {"samples": 9, "degrees": tuple(range(12)), "basis": ("legendre",), "repetitions": 20}
    found = {row.degree: row for row in rows(inputs="random", **options)}
    assert [degree for degree, row in found.items() if row.test_error_stderr is not None] == [0, 1]
    assert (found[2].test_error_stderr_note or "").startswith(
        "Its variance is infinite: values above t are as frequent as t^-2."
    )
    assert (found[4].test_error_stderr_note or "").startswith("Its mean is infinite")
    assert all(row.test_error_median_low is not None for row in found.values())
    assert all(row.test_error_stderr is not None for row in rows(inputs="even", **options))
    assert all(row.test_error_stderr is not None for row in rows(inputs="random", noise_variance=0.0, **options))


def test_directions_that_float64_cannot_tell_apart_are_flagged() -> None:
    good, bad = rows(samples=60, degrees=(10, 58), basis=("raw",), repetitions=2)
    assert good.resolved
    assert not bad.resolved
    assert bad.min_rank < 59


def test_a_degree_that_overflows_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--degrees 200 overflows in the raw basis: 10\^200 is above 10\^150"):
        PolynomialConfig(degrees=(3, 200), interval=10.0)
    assert PolynomialConfig(degrees=(200,), interval=10.0, basis=("legendre",))
