"""A made report as files."""

from pathlib import Path

from geomgen.report.figures import save_figure
from geomgen.report.formats import EXTENSIONS, render
from geomgen.report.made import MadeReport
from geomgen.store.files import disk_errors, write_file

TEXT_WIDTH = 120


def write_report(made: MadeReport, folder: Path) -> list[Path]:
    """Write a report in every format, and its figure as PDF, SVG and PNG.

    Args:
        made: The report.
        folder: Made if it does not exist; earlier files of the same report are replaced.

    Returns:
        The files.

    Raises:
        DiskError: If the disk refuses.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    tables = [_write(made, folder, format) for format in EXTENSIONS]
    return [*tables, *save_figure(made.draw(), folder, made.name)]


def _write(made: MadeReport, folder: Path, format: str) -> Path:
    path = folder / f"{made.name}.{EXTENSIONS[format]}"
    content = render(made, format, width=TEXT_WIDTH)
    write_file(path, lambda partial: partial.write_text(content, encoding="utf-8", newline=""))
    return path
