"""Orders at the smallest steps, of each problem and of several seeds."""

from pathlib import Path

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.flow import FLOW_ERROR, local_orders, problems
from tests.report.made_up_flows import flow_run

ORDERS = {0.0: 2.0, 1.0: 3.0}


def test_the_smallest_resolved_steps_decide(tmp_path: Path) -> None:
    rows = FLOW_ERROR.of().of_all(RunTables([flow_run(tmp_path, ORDERS, seed=0)]))
    found = list(local_orders(rows))
    assert [(problem, correction) for problem, correction, _ in found] == [("network", 0.0), ("network", 1.0)]
    for (_, correction, order), theory in zip(found, (2, 3), strict=True):
        assert theory < order.value < theory + 0.02, correction
        assert order.low < order.value < order.high


def test_seeds_are_averaged_and_widths_are_not(tmp_path: Path) -> None:
    runs = [flow_run(tmp_path, ORDERS, seed=seed) for seed in range(2)]
    runs.append(flow_run(tmp_path, {0.0: 1.0}, seed=0, width=4))
    rows = FLOW_ERROR.of().of_all(RunTables(runs))
    assert [name for name, _ in problems(rows)] == ["network, width 4", "network, width 8"]
    assert {problem: order.count for problem, _, order in local_orders(rows)} == {
        "network, width 4": 4,
        "network, width 8": 2,
    }


def test_two_steps_have_no_order(tmp_path: Path) -> None:
    rows = FLOW_ERROR.of().of_all(RunTables([flow_run(tmp_path, ORDERS, seed=0)]))
    assert not list(local_orders(rows[rows["step_size"] > 0.04]))
    assert pytest.approx(0.1) == rows["step_size"].max()
