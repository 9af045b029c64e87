"""Which matrix is measured, and by which method where none is chosen."""

import pytest

from geomgen.config.hessian import LARGEST_AUTO_DENSE, HessianConfig
from geomgen.errors import UsageError


def test_the_hessian_at_both_ends_of_a_training_by_default() -> None:
    config = HessianConfig()
    assert (config.operator, config.state, config.samples) == ("hessian", ("initial", "final"), 200)
    assert (config.method, config.steps, config.probes) == ("auto", 60, 4)


def test_auto_is_dense_where_that_is_quick() -> None:
    assert HessianConfig().chosen_method(LARGEST_AUTO_DENSE) == "dense"
    assert HessianConfig().chosen_method(LARGEST_AUTO_DENSE + 1) == "lanczos"
    assert HessianConfig(method="dense").chosen_method(10**6) == "dense"
    assert HessianConfig(method="lanczos").chosen_method(10) == "lanczos"


@pytest.mark.parametrize("option", ["samples", "steps", "probes"])
def test_there_is_at_least_one_of_each(option: str) -> None:
    with pytest.raises(UsageError, match=rf"--{option} 0 is too small\. It must be at least 1\."):
        HessianConfig(**{option: 0})  # type: ignore[arg-type]


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(UsageError, match="--operator 'kfac' is not known"):
        HessianConfig(operator="kfac")


def test_threads_do_not_tell_measures_apart() -> None:
    assert HessianConfig(threads=2).fingerprint() == HessianConfig().fingerprint()
    assert HessianConfig(steps=30).fingerprint() != HessianConfig().fingerprint()
