"""At which states and for which images the tangent kernel is measured."""

import pytest

from geomgen.config.tangent_kernel import TangentKernelConfig
from geomgen.errors import UsageError


def test_both_ends_of_a_training_by_default() -> None:
    assert (TangentKernelConfig().state, TangentKernelConfig().samples) == (("initial", "final"), 50)


def test_there_is_at_least_one_image() -> None:
    with pytest.raises(UsageError, match=r"--samples 0 is too small\. It must be at least 1\."):
        TangentKernelConfig(samples=0)


def test_threads_do_not_tell_measures_apart() -> None:
    assert TangentKernelConfig(threads=2).fingerprint() == TangentKernelConfig().fingerprint()
    assert TangentKernelConfig(samples=2).fingerprint() != TangentKernelConfig().fingerprint()
