"""The orders in the step size, beside what theory says."""

from pathlib import Path

import pytest

from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.measures.modified_flow import modified_flow
from geomgen.store.run import create_run
from tests.report.reading import claim, report


def test_the_orders_of_the_modified_flow(tmp_path: Path) -> None:
    runs = []
    for problem in ("product", "network"):
        config = ModifiedFlowConfig(problem=problem, halvings=4).filled()
        run = create_run(tmp_path / "runs", "modified-flow", problem, config.to_mapping(), {})
        errors, orders = modified_flow(config)
        run.add_rows("modified_flow", errors)
        run.add_rows("modified_flow_orders", orders)
        run.finish("complete")
        runs.append(run)
    made = report("implicit-regularization", runs)
    assert len(made.main.frame) == 8
    assert {ax.get_title() for ax in made.figures[0].draw().axes} == {"network", "product"}
    found = claim(runs, "T5.8")
    assert found["verdict"] == "holds"
    assert found["value"] == pytest.approx(3, abs=0.05)
