"""Which rows count: the dense ones, else those of the most steps; and shares only where they are known."""

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.quantities.curvature import LARGEST, MOST_OPEN, NAMES, NEAR_ZERO, NEGATIVE
from tests.report.made_up_curvature import DENSE, LANCZOS, summary_row
from tests.report.made_up_runs import RunMaker

AT_1E_4 = NAMES[1e-4]


def test_thresholds_are_named_in_words() -> None:
    assert AT_1E_4 == "up to 0.0001 of the largest"
    assert len(set(NAMES.values())) == 5


def test_dense_rows_come_before_those_of_lanczos_and_more_steps_before_fewer(make_run: RunMaker) -> None:
    few = LANCZOS | {"num_steps": 30}
    rows = [
        summary_row("final", 0.5, few, eigenvalue_max=1.0),
        summary_row("final", 0.5, LANCZOS, eigenvalue_max=2.0),
        summary_row("initial", 0.5, LANCZOS, eigenvalue_max=3.0),
        summary_row("initial", 0.5, DENSE, eigenvalue_max=4.0),
    ]
    tables = RunTables([make_run(tables={"hessian_summary": rows})])
    found = {state: LARGEST.of(state=state).values(tables).tolist() for state in ("initial", "final")}
    assert found == {"initial": [4.0], "final": [2.0]}


def test_approximations_do_not_count(make_run: RunMaker) -> None:
    rows = [summary_row("final", 0.5, DENSE | {"operator": "ggn"})]
    with pytest.raises(NoDataError, match="No run has share of negative Hessian eigenvalues"):
        NEGATIVE.of(state="final").values(RunTables([make_run(tables={"hessian_summary": rows})]))


def test_a_share_counts_only_where_its_bounds_are_close(make_run: RunMaker) -> None:
    known = summary_row("final", 0.9, LANCZOS, spread=MOST_OPEN / 2.1)
    open_ = summary_row("final", 0.9, LANCZOS, spread=MOST_OPEN)
    runs = [make_run(tables={"hessian_summary": [row]}, seed=seed) for seed, row in enumerate((known, open_))]
    share = NEAR_ZERO.of(state="final", threshold=AT_1E_4)
    assert share.values(RunTables(runs)).to_dict() == {(512, 0): 0.9}
    with pytest.raises(NoDataError, match="No run has share of Hessian eigenvalues near zero"):
        share.values(RunTables(runs[1:]))
