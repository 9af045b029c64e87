"""Figure files carry no date and embed their fonts; axes have labels."""

from pathlib import Path

import pytest
from matplotlib.axes import Axes

from geomgen.report.collect import RunTables
from geomgen.report.figures import doubling_axis, panels, save_figure
from geomgen.report.reports import REPORTS
from geomgen.report.write import write_report
from geomgen.store.run import Run


def test_figure_files_carry_no_date_and_embed_fonts(volume_runs: list[Run], tmp_path: Path) -> None:
    *_, pdf, svg, png, _ = write_report(REPORTS["width-logdet"].build(RunTables(volume_runs)), tmp_path)
    assert b"CreationDate" not in pdf.read_bytes()
    assert b"/FontFile2" in pdf.read_bytes()
    assert b"<dc:date>" not in svg.read_bytes()
    assert b"<text" not in svg.read_bytes()
    assert b"Software" not in png.read_bytes()


@pytest.mark.parametrize(
    ("low", "high", "least", "most"), [(0.5, 1.2, 5, 5), (0.04, 0.2, 3, 8), (0.9, 11.0, 4, 8), (1e-3, 1e3, 0, 0)]
)
def test_short_logarithmic_axes_are_labelled_between_powers_of_ten(
    low: float, high: float, least: int, most: int, tmp_path: Path
) -> None:
    figure, (ax,) = panels(1)
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    doubling_axis(ax, (4, 8), "Units")
    save_figure(figure, tmp_path, "one")
    assert least <= _labels_between(ax) <= most
    assert [label.get_text() for label in ax.get_xticklabels()] == ["4", "8"]


def _labels_between(ax: Axes) -> int:
    low, high = ax.get_ylim()
    return sum(bool(tick.label1.get_text()) for tick in ax.yaxis.get_minor_ticks() if low <= tick.get_loc() <= high)
