"""Slopes in standard errors of draws from the posterior, and a panel for each seed's posterior."""

from pathlib import Path

import pandas as pd
import pytest

from geomgen.config.regress import LinearConfig
from geomgen.experiments.regress import regress
from geomgen.report.collect import RunTables
from geomgen.report.posterior_regression import MAX_SEEDS, REPORT, with_z
from geomgen.store.catalog import runs


def test_z_is_in_standard_errors_of_draws_from_the_posterior() -> None:
    row = {"posterior_mean": 1.0, "posterior_variance": 0.04, "repetitions": 101}
    rows = pd.DataFrame([
        {"model": "ordinary", "slope_mean": 2.0, "slope_variance": 0.0, **row},
        {"model": "slight", "slope_mean": 1.0 + 0.2 / 101**0.5, "slope_variance": 0.04 * (1 + 0.02**0.5), **row},
    ])
    found = with_z(rows)
    assert found["mean_z"].isna().tolist() == found["variance_z"].isna().tolist() == [True, False]
    assert found["mean_z"][1] == pytest.approx(1.0)
    assert found["variance_z"][1] == pytest.approx(1.0)


def test_each_seed_of_one_setting_has_a_panel(tmp_path: Path) -> None:
    for seed in range(MAX_SEEDS + 1):
        regress(LinearConfig(seed=seed, samples=5, terms=3, repetitions=10, threads=1), tmp_path)
    regress(LinearConfig(samples=5, terms=3, repetitions=20, threads=1), tmp_path)
    made = REPORT.build(RunTables(runs(tmp_path)))
    assert [ax.get_title() for ax in made.figures[0].draw().axes] == ["seed 1", "seed 2", "seed 3", "seed 4"]
    assert len(made.main.frame) == 3 * (MAX_SEEDS + 2)
    assert "Only the runs with repetitions 10 are shown; 1 with other options are not." in made.notes
    assert f"The distributions are shown of the last {MAX_SEEDS} seeds only." in made.notes
