"""Figure files carry no date and embed their fonts; axes have labels."""

from pathlib import Path

from geomgen.report.collect import RunTables
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
