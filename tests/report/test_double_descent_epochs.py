"""Risks over time stand beside exact ones, a line for each power of the step sizes."""

from pathlib import Path

from geomgen.report.collect import RunTables
from geomgen.report.double_descent_epochs import SOURCE, part
from geomgen.store.catalog import runs


def test_the_table_has_every_step_and_the_figure_a_line_for_each_power(regressions: Path) -> None:
    made = part(RunTables(runs(regressions)).collect(SOURCE.table, SOURCE.remedy).latest)
    keys = list(made.main.frame[["rate_power", "step"]].itertuples(index=False, name=None))
    assert keys == [(power, step) for power in (0.0, 0.25, 0.5, 0.75, 1.0) for step in (0, 1, 4)]
    (legend,) = made.figures[0].draw().legends
    powers = {f"rate power {power}" for power in ("0", "0.25", "0.5", "0.75", "1")}
    assert {words.get_text() for words in legend.get_texts()} == {"exact"} | powers
