"""Work by hand."""

import pytest

from geomgen.experiments.work import BYTES_PER_S, CALL_S, FLOPS_PER_S, Work


def test_seconds_by_hand() -> None:
    work = Work(memory=1, flops=4 * FLOPS_PER_S, traffic=3 * BYTES_PER_S, calls=2 / CALL_S)
    assert work.seconds(2) == pytest.approx(4 / 2 + 3 + 2)
    assert Work(memory=1).seconds(2) is None
