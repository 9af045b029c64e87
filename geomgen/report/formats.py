"""A listing or report as text: csv and json with every number in full, markdown, latex and table for people."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, zip_longest
from typing import Any, Literal

import pandas as pd
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from tabulate import tabulate

from geomgen.errors import UNPRINTABLE, UsageError, printable
from geomgen.report.content import MadeReport, Printable, heading, records

EXTENSIONS = {"csv": "csv", "json": "json", "markdown": "md", "latex": "tex", "table": "txt"}
ONE_TABLE = ("csv", "json")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MARKDOWN_ESCAPES = str.maketrans({"\\": "\\\\", "|": "\\|", "[": "\\[", "`": "\\`", "<": "&lt;", "\n": " "})
VALUE = r"[-+]?(\d{1,3}(,\d{3}){1,3}(\.\d+)?|[\d.]+(e[-+]?\d+)?%?|inf|nan)"
NUMBER = re.compile(
    rf"((at least |at most |[<>≤≥] ?)?{VALUE}(\s± {VALUE})?(\s\[{VALUE}, {VALUE}\])?(\s\(n=\d+\))?|{VALUE} to {VALUE})"
)
NO_NUMBER = frozenset({"", "-", "none", "unknown"})
IDS = heading("run_id")
"""A column whose words are never wrapped: half an id cannot be copied."""
UNLIMITED_WIDTH = 10_000
SPREAD = re.compile(r" (?=± |\[|\(n=)")
SHORTEST_FOLD, LONGEST_WORD = 12, 20
GAP = 2
CONSOLE = Console(width=UNLIMITED_WIDTH, color_system=None)


def render(table: Printable, format: str, *, width: int = 80) -> str:
    """Return a table in one of the formats of `EXTENSIONS`, ending with a newline.

    Args:
        table: What to render.
        format: csv, json, markdown, latex or table.
        width: Characters per line, for table.

    Raises:
        UsageError: If there is no such format.
    """
    match format:
        case "csv":
            return _csv(table.frame)
        case "json":
            return _json(table.frame)
        case "markdown":
            return _markdown(_printable(table.layout))
        case "latex":
            return _latex(_printable(table.layout))
        case "table":
            return _table(printable(table.title), _printable(table.layout), width)
    raise UsageError(f"There is no format '{format}'.", f"Choose one of: {', '.join(EXTENSIONS)}.")


def render_report(made: MadeReport, format: str, *, only: str | None = None, width: int = 80) -> str:
    """Return a report's tables in one of the formats of `EXTENSIONS`.

    Args:
        made: The report.
        format: csv and json hold one table; the others hold all, separated by an empty line.
        only: Name of the one table to render; if not given, csv and json hold the first.
        width: Characters per line, for table.

    Raises:
        UsageError: If there is no such table or format.
    """
    single = (made.main,) if format in ONE_TABLE else made.tables
    chosen = single if only is None else (made.table(only),)
    return "\n".join(render(table, format, width=width) for table in chosen)


def _printable(layout: pd.DataFrame) -> pd.DataFrame:
    return layout.rename(columns=printable).map(printable)


def _csv(frame: pd.DataFrame) -> str:
    words = frame.select_dtypes(exclude="number")
    harmless = frame.assign(**{
        str(name): pd.Series([_harmless(cell) for cell in words[name]], words.index, object) for name in words
    })  # a column of objects, since pandas would make floats of whole numbers beside missing ones
    return harmless.rename(columns=_harmless).to_csv(index=False)


def _harmless(value: Any) -> Any:
    """Return a cell that a spreadsheet will not read as a formula."""
    if not isinstance(value, str):
        return value
    return printable(f"'{value}" if value.startswith(FORMULA_STARTS) else value)


def _json(frame: pd.DataFrame) -> str:
    cleaned = [{name: _json_value(value) for name, value in row.items()} for row in records(frame)]
    text = json.dumps(cleaned, indent=2, ensure_ascii=False, allow_nan=False)
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text) + "\n"


def _json_value(value: Any) -> Any:
    """Return a value as JSON has it: inf and -inf, which it lacks, as words, and null for what is missing."""
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    return None if pd.isna(value) else value


def _markdown(layout: pd.DataFrame) -> str:
    return _tabulated(layout.rename(columns=_markdown_cell).map(_markdown_cell), "pipe")


def _markdown_cell(cell: str) -> str:
    return cell.translate(MARKDOWN_ESCAPES)


def _latex(layout: pd.DataFrame) -> str:
    return _tabulated(layout.rename(columns=lambda name: name.replace("\n", " ")), "latex_booktabs").replace(
        "±", "$\\pm$"
    )


def _tabulated(layout: pd.DataFrame, style: str) -> str:
    return (
        tabulate(
            layout.to_numpy().tolist(),
            headers=[str(name) for name in layout],
            tablefmt=style,
            colalign=alignments(layout),
            disable_numparse=True,
        )
        + "\n"
    )


def alignments(layout: pd.DataFrame) -> list[Literal["left", "right"]]:
    """Return the side of each column of a layout: numbers on the right, words on the left."""
    return ["right" if _holds_numbers(set(layout[name])) else "left" for name in layout]


def _holds_numbers(cells: set[str]) -> bool:
    """Return whether cells are numbers, with what stands beside some, or stand for a missing one."""
    return cells <= {"", "-"} or (not cells <= NO_NUMBER and all(map(NUMBER.fullmatch, cells - NO_NUMBER)))


def _table(title: str, layout: pd.DataFrame, width: int) -> str:
    """Return a plain table; in a narrow one, spreads and intervals are below, and words are wrapped, never numbers."""
    whole = _fixed_widths(layout, UNLIMITED_WIDTH)
    if sum(whole) + GAP * (len(whole) - 1) <= width:
        return _plain(title, layout, whole)
    stacked = layout.map(lambda cell: SPREAD.sub("\n", cell) if NUMBER.fullmatch(cell) else cell)
    return _plain(title, stacked, _fixed_widths(stacked, width))


def _fixed_widths(layout: pd.DataFrame, width: int) -> list[int]:
    """Return each column's width; words are wrapped to share the width that the numbers leave."""
    natural = [
        max(len(line) for cell in (str(name), *layout[name]) for line in (cell.splitlines() or [""])) for name in layout
    ]
    sides = zip(layout, alignments(layout), strict=True)
    words = [index for index, (name, side) in enumerate(sides) if side == "left" and name != IDS]
    left = width - GAP * (len(natural) - 1) - sum(natural) + sum(natural[index] for index in words)
    widths = list(natural)
    for done, index in enumerate(sorted(words, key=natural.__getitem__)):
        shortest = max(SHORTEST_FOLD, _longest_word(layout.iloc[:, index]))
        widths[index] = min(natural[index], max(shortest, left // (len(words) - done)))
        left -= widths[index]
    return widths


def _longest_word(column: "pd.Series[str]") -> int:
    """Return the length of a column's longest word that is to stay whole."""
    words = chain.from_iterable(cell.split() for cell in (str(column.name), *column))
    return max((len(word) for word in words if len(word) <= LONGEST_WORD), default=0)


def _plain(title: str, layout: pd.DataFrame, widths: list[int]) -> str:
    """Return a grid whose cells are wrapped to the columns' widths; Rich's own takes a millisecond per row."""
    columns = list(zip(widths, alignments(layout), strict=True))
    head = [_folded(str(name), width) for name, width in zip(layout, widths, strict=True)]
    tallest = max(map(len, head), default=0)
    rows = [_grid_row([[""] * (tallest - len(name)) + name for name in head], columns)]
    rows += [_grid_row(map(_folded, row, widths), columns) for row in layout.itertuples(index=False, name=None)]
    rule = "─" * (sum(widths) + GAP * (len(widths) - 1))
    lines = [title, "", *rows[0], rule, *chain.from_iterable(rows[1:])]
    return "\n".join(lines).rstrip() + "\n"


def _grid_row(cells: Iterable[list[str]], columns: Sequence[tuple[int, str]]) -> list[str]:
    """Return the lines of a row of wrapped cells, side by side from the top."""
    return [(" " * GAP).join(map(_padded, parts, columns)).rstrip() for parts in zip_longest(*cells, fillvalue="")]


def _padded(part: str, column: tuple[int, str]) -> str:
    width, side = column
    gap = " " * (width - cell_len(part))
    return gap + part if side == "right" else part + gap


@lru_cache(maxsize=10_000)
def _folded(cell: str, width: int) -> list[str]:
    """Return the lines of a cell: words stay whole if they fit into the width, in columns of a terminal."""
    if cell.isascii() and cell.isprintable() and len(cell) <= width:
        return [cell]
    return [line.plain.rstrip() for line in Text(cell).wrap(CONSOLE, width, overflow="fold")]
