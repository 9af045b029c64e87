"""The parts of the error against degree, with the interpolation threshold."""

from pathlib import Path

from geomgen.store.catalog import runs
from tests.report.reading import report


def test_the_threshold_is_drawn_where_parameters_are_points(regressions: Path) -> None:
    (figure,) = report("bias-variance", runs(regressions)).figures
    assert figure.numbers["samples"].unique().tolist() == [6]
    axes = figure.draw().axes
    assert [ax.get_title() for ax in axes] == ["legendre basis, below the threshold", "legendre basis", "raw basis"]
    assert 5 in [line.get_xdata()[0] for line in axes[1].lines]  # type: ignore[index]
