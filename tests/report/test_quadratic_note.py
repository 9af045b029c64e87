"""What is said of minima around which the quadratic holds, does not hold, or is not known."""

import pandas as pd

from geomgen.report.quadratic_note import quadratic_note
from geomgen.tables.parameter_volume import DEPARTS

HOLDS, FAILS = ("resolved", 0.1), (f"resolved, {DEPARTS}", 3.0)
UNKNOWN = ("resolved", None)


def _note(*rows: tuple[str, float | None]) -> list[str]:
    frame = pd.DataFrame(rows, columns=["verdict", "quadratic_correction_nats"])
    return quadratic_note(frame.assign(minimum=range(len(frame))), ["minimum"], "minima")


def test_minima_are_counted_by_whether_the_quadratic_holds() -> None:
    assert _note(HOLDS, HOLDS) == ["The quadratic holds around 2 of 2 minima."]
    assert _note(HOLDS, FAILS) == [
        "The quadratic holds around 1 of 2 minima; around the others volumes are those of the quadratic region."
    ]
    assert _note(HOLDS, UNKNOWN) == ["The quadratic holds around 1 of 1 minima. Around 1 more it is not known."]
    assert _note(UNKNOWN) == []


def test_a_minimum_counts_once_and_as_failing_if_any_of_its_rows_does() -> None:
    frame = pd.DataFrame([HOLDS, FAILS], columns=["verdict", "quadratic_correction_nats"]).assign(minimum=0)
    assert quadratic_note(frame, ["minimum"], "minima")[0].startswith("The quadratic holds around 0 of 1 minima;")
