"""Tables of reports: frames with every number in full, and the same rounded for display."""

from collections.abc import Mapping

import pandas as pd

from geomgen.report.averages import averaged, with_spread
from geomgen.report.collect import varying_options
from geomgen.report.content import MadeTable, exact, heading, records, text


def averaged_table(
    name: str, title: str, question: str, rows: pd.DataFrame, keys: list[str], specs: Mapping[str, str]
) -> MadeTable:
    """Return the table of means over seeds of rows that share their setting, width and keys.

    Args:
        name: Stem of its files.
        title: Heading.
        question: The question that it answers.
        rows: Collected rows, the latest of each seed.
        keys: Columns that distinguish the table's rows within a setting.
        specs: Columns that are averaged, and how each is displayed.
    """
    return listed_table(name, title, question, averaged(rows, keys, list(specs)), specs)


def listed_table(name: str, title: str, question: str, frame: pd.DataFrame, specs: Mapping[str, str]) -> MadeTable:
    """Return the table of a frame, displayed as by `laid_out`."""
    return MadeTable(title, frame, laid_out(frame, specs), name, question)


def listed(rows: pd.DataFrame, keys: list[str], values: list[str]) -> pd.DataFrame:
    """Return rows one by one, each with the options that tell its setting from the others, and its run.

    Args:
        rows: Collected rows.
        keys: Columns after the options.
        values: Columns after the keys.
    """
    options = [name for name in varying_options(rows) if name not in {*keys, *values}]
    return rows[[*options, *keys, *values, "run_id"]].reset_index(drop=True)


def laid_out(frame: pd.DataFrame, specs: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame for display: rounded, means with their spreads, words of headings under each other.

    Args:
        frame: Spreads (``_std`` after the name of another column) are shown beside their means; ``run_id`` is left out.
        specs: How columns of numbers are displayed; all others are shown in full.
    """
    spreads = {f"{name}_std" for name in frame}
    shown = [str(name) for name in frame if name not in {*spreads, "run_id"}]
    lines = [
        {
            name: with_spread(row, name, specs[name]) if f"{name}_std" in row
            else text(row[name], specs[name]) if name in specs
            else exact(row[name])
            for name in shown
        }
        for row in records(frame)
    ]  # fmt: skip
    return pd.DataFrame(lines, columns=shown).rename(columns=heading)
