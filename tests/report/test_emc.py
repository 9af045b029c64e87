"""Effective model complexity against epochs and width."""

from pathlib import Path

import pytest

from tests.report.made_up_complexities import complexities
from tests.report.reading import report


@pytest.mark.parametrize("power", [0.5, -0.5])
def test_complexity_against_epochs_and_width(tmp_path: Path, power: float) -> None:
    runs = complexities(tmp_path, power)
    made = report("emc", runs)
    assert made.main.layout.iloc[-1]["emc"].startswith("at least ")
    exponents = made.table("emc-exponents").frame.set_index("against")
    assert exponents["exponent"]["training time"] == pytest.approx(power, abs=0.02)
    assert exponents["exponent"]["width"] == pytest.approx(1, abs=0.02)
    assert exponents["points"].tolist() == [9, 9]
    assert len(made.figures[0].draw().axes) == 2


def test_one_complexity_has_no_exponent(tmp_path: Path) -> None:
    made = report("emc", complexities(tmp_path, 0.5)[:1])
    assert [table.name for table in made.tables] == ["emc"]
