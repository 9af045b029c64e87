"""Exponents of complexities of which some have only a bound."""

from pathlib import Path

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.emc import EMC, comparable, exponents
from tests.report.made_up_complexities import complexities


@pytest.mark.parametrize("power", [0.5, -0.5])
def test_bounds_are_no_values(tmp_path: Path, power: float) -> None:
    rows, notes = comparable(EMC.of().of_all(RunTables(complexities(tmp_path, power))))
    assert not notes
    found = exponents(rows)
    assert found["epochs"].value == pytest.approx(power, abs=0.02)
    assert found["width"].value == pytest.approx(1, abs=0.02)
    assert found["width"].count == 9
    bound = rows["outcome"] == "at-least"
    lower = exponents(rows.assign(emc=rows["emc"].where(~bound, rows["emc"] // 9)))
    assert lower["epochs"].value == pytest.approx(power, abs=0.05)


def test_too_few_complexities_have_no_exponent(tmp_path: Path) -> None:
    rows = EMC.of().of_all(RunTables(complexities(tmp_path, 0.5)))
    assert exponents(rows[:3]) == {}
    assert exponents(rows.assign(outcome="at-least")) == {}
