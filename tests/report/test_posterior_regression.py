"""A panel for each seed's posterior, of one setting."""

from pathlib import Path

from geomgen.config.regress import LinearConfig
from geomgen.experiments.regress import regress
from geomgen.report.collect import RunTables
from geomgen.report.posterior_regression import MAX_SEEDS, REPORT
from geomgen.store.catalog import runs


def test_each_seed_of_one_setting_has_a_panel(tmp_path: Path) -> None:
    for seed in range(MAX_SEEDS + 1):
        regress(LinearConfig(seed=seed, samples=5, terms=3, repetitions=10, threads=1), tmp_path)
    regress(LinearConfig(samples=5, terms=3, repetitions=20, threads=1), tmp_path)
    made = REPORT.build(RunTables(runs(tmp_path)))
    assert [ax.get_title() for ax in made.figures[0].draw().axes] == ["seed 1", "seed 2", "seed 3", "seed 4"]
    assert len(made.main.frame) == 3 * (MAX_SEEDS + 2)
    assert "Only the runs with repetitions 10 are shown; 1 with other options are not." in made.notes
    assert f"The distributions are shown of the last {MAX_SEEDS} seeds only." in made.notes
