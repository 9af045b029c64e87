"""A made report as files."""

from pathlib import Path

from geomgen.report.content import MadeFigure, MadeReport, Printable
from geomgen.report.figures import save_figure
from geomgen.report.formats import EXTENSIONS, render
from geomgen.store.files import disk_errors, write_text

TEXT_WIDTH = 120
PLOTTED = "plotted"


def write_report(made: MadeReport, folder: Path) -> list[Path]:
    """Write a report's tables in every format, its figures as PDF, SVG and PNG, and what they plot as CSV.

    Args:
        made: The report.
        folder: Created if it does not exist; earlier files of the same report are replaced.

    Returns:
        The files.

    Raises:
        DiskError: If the disk refuses.
    """
    return write_tables(made, folder) + [path for figure in made.figures for path in write_figure(figure, folder)]


def write_tables(made: MadeReport, folder: Path) -> list[Path]:
    """Write a report's tables in every format; arguments, files and errors as of `write_report`."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return [
        _write(folder / f"{table.name}.{ending}", table, format)
        for table in made.tables
        for format, ending in EXTENSIONS.items()
    ]


def write_figure(figure: MadeFigure, folder: Path) -> list[Path]:
    """Write a figure as PDF, SVG and PNG, and what it plots as CSV.

    Args:
        figure: The figure.
        folder: Exists.

    Returns:
        The files.

    Raises:
        DiskError: If the disk refuses.
    """
    numbers = Printable.of(figure.name, figure.numbers)
    drawn = save_figure(figure.draw(), folder, figure.name)
    return [*drawn, _write(folder / f"{figure.name}-{PLOTTED}.csv", numbers, "csv")]


def _write(path: Path, table: Printable, format: str) -> Path:
    write_text(path, render(table, format, width=TEXT_WIDTH))
    return path
