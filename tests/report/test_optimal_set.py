"""The optimal sets of linear models and of networks; of runs that were made again the last counts."""

from pathlib import Path

import pytest

from geomgen.config.regress import OptimalSetConfig
from geomgen.errors import NoDataError
from geomgen.experiments.regress import regress
from geomgen.report.collect import RunTables
from geomgen.report.optimal_set import REPORT, make
from geomgen.store.catalog import runs
from geomgen.tables.derivatives import JacobianRow
from tests.report.made_up_runs import RunMaker


def test_a_run_made_again_counts_once(tmp_path: Path) -> None:
    config = OptimalSetConfig(samples=5, features=(9,), repetitions=5, threads=1)
    for _ in range(2):
        regress(config, tmp_path)
    regress(OptimalSetConfig(samples=5, features=(9, 12), repetitions=5, threads=1), tmp_path)
    frame = REPORT.build(RunTables(runs(tmp_path))).main.frame
    assert frame["features"].tolist() == [9, 12]


def test_runs_of_different_draws_have_curves_of_their_own(tmp_path: Path) -> None:
    for repetitions in (5, 6):
        regress(OptimalSetConfig(samples=5, features=(4, 9), repetitions=repetitions, threads=1), tmp_path)
    made = REPORT.build(RunTables(runs(tmp_path)))
    assert made.figures[0].numbers["series"].unique().tolist() == ["repetitions 5", "repetitions 6"]
    assert sorted(made.main.frame["repetitions"]) == [5, 5, 6, 6]


def test_networks_have_a_table_of_their_own(make_run: RunMaker) -> None:
    row = JacobianRow(
        state="final", num_samples=10, outputs=4, num_parameters=100, rank=40, manifold_dim=60, manifold_dim_theory=60,
        optimal_fraction=0.6, largest_singular_value=1.0, smallest_singular_value=0.1, cut_off=1e-9,
    )  # fmt: skip
    measured = [make_run(tables={"jacobian_rank": [row]}, lr=lr) for lr in (0.1, 0.2)]
    made = REPORT.build(RunTables(measured))
    assert [table.name for table in made.tables] == ["optimal-set-networks"]
    assert made.main.frame["lr"].tolist() == [0.1, 0.2]


def test_without_either_there_is_no_report() -> None:
    with pytest.raises(NoDataError, match=r"No run has what this report is made from\. Make one with: geomgen regress"):
        make(RunTables([]), None)
