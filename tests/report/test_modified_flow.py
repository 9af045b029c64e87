"""The orders in the step size, beside what theory says."""

from pathlib import Path

import pytest

from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.measures.modified_flow import modified_flow
from geomgen.report.collect import RunTables
from geomgen.report.modified_flow import ERRORS, errors, orders
from geomgen.store.run import Run, create_run
from tests.report.claims.judging import verdict
from tests.report.made_up_flows import flow_run
from tests.report.reading import report


@pytest.fixture
def flows(tmp_path: Path) -> list[Run]:
    runs = []
    for problem in ("product", "network"):
        config = ModifiedFlowConfig(problem=problem, halvings=4).filled()
        run = create_run(tmp_path / "runs", "modified-flow", problem, config.to_mapping(), {})
        found, its_orders = modified_flow(config)
        run.add_rows("modified_flow", found)
        run.add_rows("modified_flow_orders", its_orders)
        run.finish("complete")
        runs.append(run)
    return runs


def test_the_orders_of_the_modified_flow(flows: list[Run]) -> None:
    made = report("implicit-regularization", flows)
    assert len(made.main.frame) == 8
    assert {ax.get_title() for ax in made.figures[0].draw().axes} == {
        "network, largest step 0.1", "product, largest step 0.002",
    }  # fmt: skip
    local = made.table("modified-flow-smallest-steps").frame.set_index(["problem", "correction"])["order"]
    for problem in ("network, largest step 0.1", "product, largest step 0.002"):
        assert local[problem, 1.0] == pytest.approx(3, abs=0.05)
        assert local[problem, 0.0] == pytest.approx(2, abs=0.05)
    assert verdict(flows, "T5.8") == "holds"


def test_seeds_and_widths_are_told_apart(flows: list[Run]) -> None:
    tables = RunTables(flows)
    frame = orders(tables.collect("modified_flow_orders", "").latest).main.frame
    assert "seed" not in frame
    runs = [
        flow_run(flows[0].path.parent, {0.0: 2.0, 1.0: 3.0}, seed, width=width) for seed in (0, 1) for width in (4, 8)
    ]
    made = errors(RunTables(runs).collect(ERRORS.table, "").latest)
    assert made.main.frame["problem"].unique().tolist() == ["network, width 4", "network, width 8"]
    assert set(made.figures[0].numbers["panel"]) == {"network, width 4, seed 1", "network, width 8, seed 1"}


def test_seeds_of_the_product_are_one(flows: list[Run]) -> None:
    product, network = flows
    folder, config = product.path.parent, dict(product.config)
    for seed in (1, 2):
        run = create_run(folder, "modified-flow", f"s{seed}", config | {"seed": seed}, {})
        run.add_rows("modified_flow", modified_flow(ModifiedFlowConfig(halvings=4).filled())[0])
        run.finish("complete")
        flows.append(run)
    alone, several = (
        errors(RunTables(runs).collect(ERRORS.table, "").latest).main.frame for runs in ([product, network], flows)
    )
    assert several.equals(alone)
