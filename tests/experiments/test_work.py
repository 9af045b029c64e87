"""Work by hand."""

import pytest

from geomgen.experiments.work import BYTES_PER_S, CALL_S, FLOPS_PER_S, Work, duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (14.6, "15 s"), (200, "3 min 20 s"), (7530, "2 h 5 min"), (90_420, "25 h 7 min")],
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_seconds_by_hand() -> None:
    work = Work(memory=1, flops=4 * FLOPS_PER_S, traffic=3 * BYTES_PER_S, calls=2 / CALL_S)
    assert work.seconds(2) == pytest.approx(4 / 2 + 3 + 2)
    assert Work(memory=1).seconds(2) is None
