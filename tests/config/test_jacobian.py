"""At which states and images the logits are differentiated."""

import pytest

from geomgen.config.jacobian import JacobianConfig
from geomgen.errors import UsageError


def test_both_ends_of_a_training_by_default() -> None:
    assert (JacobianConfig().state, JacobianConfig().samples) == (("initial", "final"), 50)


def test_there_is_at_least_one_image() -> None:
    with pytest.raises(UsageError, match=r"--samples 0 is too small\. It must be at least 1\."):
        JacobianConfig(samples=0)


def test_threads_do_not_tell_measures_apart() -> None:
    assert JacobianConfig(threads=2).fingerprint() == JacobianConfig().fingerprint()
    assert JacobianConfig(samples=2).fingerprint() != JacobianConfig().fingerprint()
