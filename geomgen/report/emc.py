"""Report ``emc``: effective model complexity against width and epochs."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geomgen.report import emc_peaks
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.quantities.emc import EMC, FACTORS, comparable, exponents
from geomgen.report.report import Report, sources

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "emc"
QUESTION = "How large a training set does a training procedure fit, by width and epochs?"
EXPONENT_QUESTION = "With which exponents does the complexity grow with training time and width?"
KEYS = ["width", "epochs", "seed"]
ARROW = 0.15
WORDS = {"at-least": "at least ", "below": "none: below ", "found": ""}


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of the training procedures that differ only in width, epochs and seed.

    Args:
        tables: Tables of the runs.
    """
    collected = EMC.rows(tables)
    rows, notes = comparable(collected.frame)
    columns = [*KEYS, "num_parameters", "threshold", "emc", "emc_low", "emc_high", "outcome", "draws"]
    frame = rows[columns].sort_values(KEYS).reset_index(drop=True)
    table = MadeTable("Effective model complexity (training images)", frame, _layout(frame), NAME, QUESTION)
    figure = MadeFigure(NAME, QUESTION, frame, _plot)
    beside, said = emc_peaks.part(tables, collected.latest.frame)
    return MadeReport((table, *_exponent_table(rows)), (figure, *beside), (*collected.notes, *notes, *said))


def _exponent_table(rows: pd.DataFrame) -> tuple[MadeTable, ...]:
    lines = [
        {"against": FACTORS[name], "exponent": slope.value, "low": slope.low, "high": slope.high, "points": slope.count}
        for name, slope in exponents(rows).items()
    ]
    title = "Exponents of the complexity"
    return (MadeTable.plain("emc-exponents", title, EXPONENT_QUESTION, pd.DataFrame(lines)),) if lines else ()


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
        for index, ((value, seed), line) in enumerate(shown.groupby([other, "seed"])):
            is_least = (line["outcome"] == "at-least").to_numpy()
            below = (line["emc"] - line["emc_low"]).to_numpy(float)
            above = np.where(is_least, ARROW * line["emc"], line["emc_high"] - line["emc"])
            errors = np.nan_to_num(np.clip([below, above], 0, None))
            label = f"{other} {value}" + (f", seed {seed}" if shown["seed"].nunique() > 1 else "")
            look = {"label": label, "lolims": is_least, **series_look(index)}
            ax.errorbar(line[along], line["emc"], errors, **look)
        ax.set_yscale("log")
        doubling_axis(ax, shown[along], {"epochs": "Epochs", "width": "Width"}[along])
        ax.set_ylabel("Effective model complexity (images; arrow: at least)")
        ax.legend(fontsize="x-small")
    return figure


REPORT = Report(NAME, QUESTION, sources(EMC), make)
