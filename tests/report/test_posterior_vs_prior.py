"""Report ``posterior-vs-prior``: means over seeds, and the counts of the last seed."""

from pathlib import Path

import pytest

from geomgen.config.posterior import PosteriorConfig
from geomgen.errors import NoDataError
from geomgen.experiments.posterior import posterior
from geomgen.report.collect import RunTables
from geomgen.report.posterior_vs_prior import REPORT
from geomgen.report.quantities.posterior import POSTERIOR_SLOPE
from tests.report.made_up_posteriors import CLOSE, posterior_run

SMALL = {"inputs": 3, "hidden": "8", "train_size": 3, "networks": 200, "sigma_b": 0.3, "threads": 1}


def test_means_over_seeds_and_counts_of_the_last(tmp_path: Path) -> None:
    runs = [posterior(PosteriorConfig(seed=seed, **SMALL), tmp_path) for seed in (0, 1)]  # type: ignore[arg-type]
    made = REPORT.build(RunTables(runs))
    (row,) = made.main.frame.to_dict("records")
    errors = [run.table("posterior_summary")["error_sgd"].iloc[0] for run in runs]
    assert (row["seeds"], row["error_sgd"]) == (2, pytest.approx(sum(errors) / 2))
    counts, shares = (figure.numbers for figure in made.figures)
    assert set(counts["run_id"]) == set(shares["run_id"]) == {runs[1].id}
    assert counts["expected"].sum() == pytest.approx(200)
    for figure in made.figures:
        figure.draw()


def test_samples_that_have_not_converged_are_compared_with_nothing(tmp_path: Path) -> None:
    mixed, other = (
        posterior_run(tmp_path, CLOSE | {"seed": seed}, converged=converged, log_slope=slope)
        for seed, converged, slope in ((0, True, 1.0), (1, False, 9.0))
    )
    assert POSTERIOR_SLOPE.rows(RunTables([mixed, other])).frame["value"].tolist() == [1.0]
    with pytest.raises(NoDataError, match="have not converged in any run"):
        REPORT.build(RunTables([other]))
