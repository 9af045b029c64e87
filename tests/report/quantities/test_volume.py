"""Quantities of volume: the part of a change that magnitudes explain, and the part that they do not."""

from dataclasses import replace

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.quantities.volume import EXPLAINED, LOG_DET, UNEXPLAINED
from geomgen.report.quantity import VALUE
from tests.report.made_up_runs import RunMaker, volume_row


def test_both_parts_of_a_change_add_up_to_it(make_run: RunMaker) -> None:
    states = {"initial": (10.0, 5.0), "final": (34.0, 8.0)}
    rows = [
        replace(volume_row(state, "data", volume, rule="ledoit-wolf"), total_correlation_nats=total)
        for state, (volume, total) in states.items()
    ]
    tables = RunTables([make_run(rows=rows), make_run(rows=rows[:1], seed=1)])
    explained, unexplained = (quantity.rows(tables).frame[VALUE].tolist() for quantity in (EXPLAINED, UNEXPLAINED))
    assert (explained, unexplained) == ([30.0], [6.0])
    assert explained[0] - unexplained[0] == 34 - 10


def test_each_rule_has_its_own_quantities(make_run: RunMaker) -> None:
    tables = RunTables([make_run({("final", "data"): 7.0, ("final", "control-features"): 9.0})])
    assert LOG_DET.of(state="final", condition="data").of_all(tables)[VALUE].tolist() == [7.0]
    with pytest.raises(NoDataError, match="rule ledoit-wolf"):
        EXPLAINED.rows(tables)
