"""Report ``learning-coefficient``: means by width and state, curves, and potentials beside their exact values."""

from dataclasses import replace
from pathlib import Path

import pytest

from geomgen.config.llc import LlcConfig
from geomgen.report.collect import RunTables
from geomgen.report.learning_coefficient import LINES, REPORT
from geomgen.store.run import Run
from tests.report.made_up_learning import ROW, measured_run, potential_run
from tests.report.made_up_runs import RunMaker


def _networks(make_run: RunMaker) -> list[Run]:
    return [
        measured_run(
            make_run,
            width,
            seed,
            replace(ROW, llc=width + 0.2 * seed),
            replace(ROW, state="step-000010", llc=1.0, converged=False, verdict="not at a minimum"),
        )
        for width in (4, 8)
        for seed in (0, 1)
    ]


def test_networks_by_width_and_along_training(make_run: RunMaker) -> None:
    made = REPORT.build(RunTables(_networks(make_run)))
    (table,) = made.tables
    assert table.frame["state"].tolist() == ["step-000010", "final"] * 2
    assert table.frame["llc"].tolist() == pytest.approx([1, 4.1, 1, 8.1])
    assert table.frame[["half_rank", "half_parameters", "volume_scaling"]].iloc[0].tolist() == [59, 59, 10.5]
    by_width, along = made.figures
    assert by_width.numbers["series"].nunique() == len(LINES)
    chains = by_width.numbers[by_width.numbers["series"].str.startswith(LINES["llc"])]
    assert chains["coefficient"].tolist() == pytest.approx([4.1, 8.1])
    assert along.numbers[along.numbers["series"].str.contains("width 8")]["step"].tolist() == [10, 20]
    assert "4 of 8 rows: not at a minimum." in made.notes
    for figure in made.figures:
        figure.draw()


def test_potentials_stand_beside_their_exact_values(make_run: RunMaker, tmp_path: Path) -> None:
    quadratic = [LlcConfig(potential="quadratic", seed=seed) for seed in (0, 1)]
    runs = [potential_run(tmp_path, one, llc=1.0 + 0.1 * one.seed, llc_theory=1.0) for one in quadratic]
    alone = REPORT.build(RunTables(runs))
    assert [table.name for table in alone.tables] == ["known-coefficients"]
    assert alone.figures == ()
    assert alone.main.frame[["llc", "llc_theory", "seeds"]].iloc[0].tolist() == pytest.approx([1.05, 1.0, 2])
    both = REPORT.build(RunTables([*runs, *_networks(make_run)]))
    assert [table.name for table in both.tables] == ["learning-coefficient", "known-coefficients"]
    assert both.tables[1].frame["llc"].tolist() == pytest.approx([1.05])


def test_of_several_seeds_of_chains_the_last_are_shown_and_bounds_are_told(make_run: RunMaker) -> None:
    rows = [replace(ROW, chain_seed=seed, llc=10.0 + seed, is_within_bounds=False) for seed in (0, 1)]
    made = REPORT.build(RunTables([measured_run(make_run, 4, 0, *rows)]))
    assert made.main.frame["llc"].tolist() == [11]
    assert any("1 rows are left out" in note for note in made.notes)
    assert any("1 of 1 rows are outside of the bounds" in note for note in made.notes)
