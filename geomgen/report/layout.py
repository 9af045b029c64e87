"""Tables of reports: frames with every number in full, and the same rounded for display."""

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from geomgen.report.averages import averaged, unusual
from geomgen.report.collect import varying_options
from geomgen.report.content import MadeTable, exact, heading, records, text

MOST_OPTIONS = 4
"""Of which each has a column for display; more are told in words, and files have a column of each."""


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
    frame = averaged(rows, keys, list(specs))
    return MadeTable(title, frame, laid_out(in_words(frame, rows, keys), specs), name, question)


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


def in_words(frame: pd.DataFrame, rows: pd.DataFrame, keys: Collection[str]) -> pd.DataFrame:
    """Return a frame in which many options are one column, ``setting``: those that are not defaults.

    Args:
        frame: With a column for each option.
        rows: The collected rows that it was made from.
        keys: Columns that keep their place, whether or not they are options.
    """
    options = [name for name in varying_options(rows) if name in frame and name not in {*keys, "arch"}]
    if len(options) <= MOST_OPTIONS:
        return frame
    of_all = {name: rows[name].iloc[0] for name in ("arch", "experiment") if name in rows}
    told = [unusual(options, of_all | row) or "default" for row in records(frame)]
    place = list(frame).index(options[0])
    return frame.assign(setting=told)[[*frame.columns[:place], "setting", *frame.columns[place:]]].drop(columns=options)


def laid_out(frame: pd.DataFrame, specs: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame for display: rounded, numbers with their spreads, words of headings under each other.

    Args:
        frame: Spreads (``_std`` after the name of another column), the ends of intervals (``_low``, ``_high``), and the
            number of seeds (``_seeds``) if it is less than that of the row, are shown beside what they belong to;
            ``run_id`` is left out.
        specs: How columns of numbers are displayed; all others are shown in full.
    """
    beside = {f"{name}_{end}" for name in frame for end in ("std", "low", "high", "seeds")}
    shown = [str(name) for name in frame if name not in {*beside, "run_id"}]
    lines = [{name: _cell(row, name, specs.get(name)) for name in shown} for row in records(frame)]
    return pd.DataFrame(lines, columns=shown).rename(columns=heading)


def _cell(row: Mapping[str, Any], name: str, spec: str | None) -> str:
    """Return a number with what is known of its spread: ``0.614 ± 0.003 (n=2)``, ``3.1 [2.9, 3.4]``; or words."""
    if spec is None:
        return exact(row[name])
    std, low, high = (row.get(f"{name}_{end}") for end in ("std", "low", "high"))
    spread = "" if pd.isna(std) else f" ± {std:{spec}}"
    interval = "" if pd.isna(low) else f" [{low:{spec}}, {high:{spec}}]"
    count: Any = row.get(f"{name}_seeds")
    fewer = not pd.isna(count) and 0 < count < row["seeds"]
    return f"{text(row[name], spec)}{spread}{interval}" + (f" (n={count:.0f})" if fewer else "")
