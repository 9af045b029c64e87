"""The figure of log determinant against width."""

from geomgen.report.collect import RunTables
from geomgen.report.reports import REPORTS
from geomgen.report.width_logdet import CELLS
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker


def test_axes_have_labels_with_units(volume_runs: list[Run]) -> None:
    (ax,) = REPORTS["width-logdet"].build(RunTables(volume_runs)).figures[0].draw().axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Width (units in each hidden layer)", "Log determinant (nats)")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["128", "256"]


def test_one_panel_an_experiment(volume_runs: list[Run], make_run: RunMaker) -> None:
    other = make_run(dict.fromkeys(CELLS.values(), -5.0), width=128, epochs=1)
    figure = REPORTS["width-logdet"].build(RunTables([*volume_runs, other])).figures[0].draw()
    assert [ax.get_title() for ax in figure.axes] == ["epochs 10", "epochs 1"]
    assert {ax.get_yscale() for ax in figure.axes} == {"linear"}
