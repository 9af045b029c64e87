"""Reports of quantities against the network's width: one declaration makes table, figure and notes."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from geomgen.report.averages import averaged, largest_group
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.curves import WIDTH, Panel, by_state, curves, fitting
from geomgen.report.layout import averaged_table
from geomgen.report.quantity import Selected
from geomgen.report.report import Report, sources
from geomgen.report.together import together


@dataclass(frozen=True)
class Measured:
    """A column of the table.

    Attributes:
        of: The selected quantity.
        spec: How it is displayed.
        panel: Name of the quantity in the figure, shared by its states; empty of what a panel shows as theory.
        state: The state in the figure's legend; empty if there is one.
    """

    of: Selected
    spec: str
    panel: str
    state: str = ""


def width_report(
    name: str, question: str, title: str, columns: Mapping[str, Measured], panels: tuple[Panel, ...]
) -> Report:
    """Return a report of quantities by architecture and width, means over seeds.

    Args:
        name: What the command line calls it.
        question: The question that it answers.
        title: Heading of its table.
        columns: The table's columns.
        panels: The figure's panels, by the name of the quantity.
    """

    def make(tables: RunTables, _compare: str | None) -> MadeReport:
        rows = together(tables, {column: measured.of for column, measured in columns.items()})
        specs = {column: measured.spec for column, measured in columns.items() if rows[column].notna().any()}
        table = averaged_table(name, title, question, rows, ["arch", "width"], specs)
        shown, notes = largest_group(rows, "arch")
        states = {name: (measured.panel, measured.state) for name, measured in columns.items() if measured.panel}
        numbers, left_out = fitting(by_state(_series(shown, list(specs)), states))
        figure = curves(name, question, numbers, WIDTH, panels)
        return MadeReport((table,), (figure,), (*notes, *left_out))

    return Report(name, question, sources(*(measured.of.quantity for measured in columns.values())), make)


def _series(rows: pd.DataFrame, values: list[str]) -> pd.DataFrame:
    """Return means over seeds with the name of each architecture's series."""
    means = averaged(rows, ["arch", "width"], values)
    return means.assign(series=means["arch"])
