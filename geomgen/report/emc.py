"""Report ``emc``: effective model complexity against width and epochs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geomgen.report.claims.intervals import Interval, plane_intervals
from geomgen.report.collect import Collected
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.report import Report, Source
from geomgen.report.seeds import largest_group

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "emc"
QUESTION = "How large a training set does a training procedure fit, by width and epochs?"
TABLE = "emc"
REMEDY = "Make one with: geomgen emc"
KEYS = ["width", "epochs", "seed"]
FACTORS = {"epochs": "training time", "width": "width"}
ARROW = 0.15
WORDS = {"at-least": "at least ", "below": "none: below ", "found": ""}


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of the training procedures that differ only in width, epochs and seed.

    Args:
        sources: Rows of ``emc``.
    """
    rows, notes = comparable(sources[TABLE].frame)
    columns = [*KEYS, "num_parameters", "threshold", "emc", "emc_low", "emc_high", "outcome", "draws"]
    frame = rows[columns].sort_values(KEYS).reset_index(drop=True)
    table = MadeTable("Effective model complexity (training images)", frame, _layout(frame), NAME, QUESTION)
    exponents = _exponent_table(frame)
    figure = MadeFigure(NAME, QUESTION, frame, _plot)
    return MadeReport((table, *exponents), (figure,), (*sources[TABLE].notes, *notes))


def comparable(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the latest rows of the most common procedure and threshold, and a note on the others."""
    usual = frame["threshold"] == frame["threshold"].mode().iloc[-1]
    rows, notes = largest_group(frame[usual], "epochs")
    return rows.drop_duplicates(KEYS, keep="last"), notes


def exponents(frame: pd.DataFrame) -> dict[str, Interval]:
    """Return the exponents of complexity against epochs and width together, from the complexities that were found.

    Empty if the found complexities do not vary in both, or are too few for an interval.
    """
    found = frame[frame["outcome"] == "found"]
    if len(found) <= len(FACTORS) + 1 or found[list(FACTORS)].nunique().min() < 2:
        return {}
    logs = np.log(found[[*FACTORS, "emc"]].to_numpy(float))
    return dict(zip(FACTORS, plane_intervals(logs[:, :-1], logs[:, -1]), strict=True))


def _exponent_table(frame: pd.DataFrame) -> tuple[MadeTable, ...]:
    found = exponents(frame)
    if not found:
        return ()
    lines = [
        {"against": FACTORS[name], "exponent": slope.value, "low": slope.low, "high": slope.high, "points": slope.count}
        for name, slope in found.items()
    ]
    question = "With which exponents does the complexity grow with training time and width?"
    return (MadeTable.plain("emc-exponents", "Exponents of the complexity", question, pd.DataFrame(lines)),)


def _layout(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame([_line(row) for row in records(frame)]).rename(columns=heading)


def _line(row: dict[str, Any]) -> dict[str, str]:
    known = row["outcome"] == "found"
    return {
        **{key: text(row[key]) for key in (*KEYS, "num_parameters", "threshold")},
        "emc": f"{WORDS[row['outcome']]}{text(row['emc'])}" if row["outcome"] != "below" else "none",
        "95 % interval": f"{text(row['emc_low'], '.0f')} to {text(row['emc_high'], '.0f')}" if known else "-",
        "draws": text(row["draws"]),
    }


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return complexity against epochs, one line per width, and against width, one line per number of epochs.

    An upward arrow marks a complexity that is only known to be no smaller.
    """
    from geomgen.report.figures import doubling_axis, panels, series_look

    figure, axes = panels(len(FACTORS), share=False, beside=False)
    shown = numbers[numbers["outcome"] != "below"]
    for ax, (along, other) in zip(axes, (("epochs", "width"), ("width", "epochs")), strict=True):
        for index, (value, line) in enumerate(shown.groupby(other)):
            is_least = (line["outcome"] == "at-least").to_numpy()
            below = (line["emc"] - line["emc_low"]).to_numpy(float)
            above = np.where(is_least, ARROW * line["emc"], line["emc_high"] - line["emc"])
            errors = np.nan_to_num(np.clip([below, above], 0, None))
            look = {"label": f"{other} {value}", "lolims": is_least, **series_look(index)}
            ax.errorbar(line[along], line["emc"], errors, **look)
        ax.set_yscale("log")
        doubling_axis(ax, shown[along], {"epochs": "Epochs", "width": "Width"}[along])
        ax.set_ylabel("Effective model complexity (images; arrow: at least)")
        ax.legend(fontsize="x-small")
    return figure


REPORT = Report(NAME, QUESTION, (Source(TABLE, REMEDY),), make)
