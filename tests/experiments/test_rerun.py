"""What can be made again, and what cannot; that tables are equal is tested with each experiment."""

from pathlib import Path

import pytest

from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.errors import DataError
from geomgen.experiments.modified_flow import modified_flow
from geomgen.experiments.rerun import rerun
from geomgen.store.run import create_run
from tests.report.made_up_runs import RunMaker


def test_a_run_is_made_again_beside_the_old_one(tmp_path: Path) -> None:
    first = modified_flow(ModifiedFlowConfig(halvings=2), tmp_path / "old")
    second = rerun(first, tmp_path / "new")
    assert second.path.parent == tmp_path / "new"
    assert second.config == first.config
    old, new = (run.table("modified_flow").drop(columns="run_id") for run in (first, second))
    assert new.equals(old)


def test_what_is_unfinished_or_unknown_cannot_be_made_again(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is unfinished\. Only a complete run can be rerun\."):
        rerun(RunMaker(tmp_path)(status="unfinished"), tmp_path)
    for experiment, remedy in (
        ("unheard-of", "Use the version of geomgen that made this run"),
        ("sweep", "geomgen sweep RECIPE"),
    ):
        run = create_run(tmp_path, experiment, "x", {}, {})
        run.finish("complete")
        with pytest.raises(DataError, match=rf"uses experiment '{experiment}', which cannot be rerun\. .*{remedy}"):
            rerun(run, tmp_path)
