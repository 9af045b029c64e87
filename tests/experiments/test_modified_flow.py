"""A run of its two tables, with the problem's step filled in and recorded."""

from pathlib import Path

import pytest

from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.experiments.modified_flow import modified_flow

CONFIG = ModifiedFlowConfig(halvings=3)


def test_the_run_records_the_step_and_has_a_row_a_flow(tmp_path: Path) -> None:
    run = modified_flow(CONFIG, tmp_path)
    assert run.config["largest_step"] == 2e-3
    assert run.tables == ["modified_flow", "modified_flow_orders"]
    orders = run.table("modified_flow_orders").set_index("correction")
    assert orders.index.tolist() == [0, 0.5, 1, 2]
    assert orders["order"][1.0] == pytest.approx(3, abs=0.05)
    assert orders["order"][0.0] == pytest.approx(2, abs=0.05)
    assert len(run.table("modified_flow")) == 4 * 4


def test_the_same_config_is_not_run_again(tmp_path: Path) -> None:
    first = modified_flow(CONFIG, tmp_path)
    told: list[str] = []
    again = modified_flow(
        ModifiedFlowConfig(halvings=3, largest_step=2e-3), tmp_path, reuse=True,
        progress=lambda _done, _total, words: told.append(words),
    )  # fmt: skip
    assert (again.id, told) == (first.id, [])
