"""Report ``regularisation``: the effect of weight decay and epochs on the log determinant, by width."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.claims.intervals import above, at_width, below
from geomgen.report.collect import Collected, latest_runs
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.report import Report, Source
from geomgen.report.seeds import largest_group, mean_over_seeds, with_spread
from geomgen.report.width_logdet import TABLE, published_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "regularisation"
QUESTION = "Does weight decay lower the log determinant of trained activations, and do more epochs raise it?"
REMEDY = "Make runs that differ in --weight-decay or --epochs with: geomgen train, then geomgen volume RUN"
CLAIMS = {"weight_decay": "falls", "epochs": "rises"}
WORDS = {"weight_decay": "Weight decay", "epochs": "Epochs"}
ANSWERS = {"holds": "yes", "does not hold": "no", "undecided": "undecided"}
VALUES = ["initial", "trained"]


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of runs that differ only in weight decay or epochs, and in width and seed.

    Args:
        sources: Rows of ``activation_volume``.

    Raises:
        NoDataError: If no runs differ in one of the two.
    """
    rows, notes = latest_runs(published_rows(sources[TABLE].frame))
    runs = one_a_run(rows)
    parts = {option: largest_group(runs, option) for option in CLAIMS}
    varied = {option: part for option, (part, _) in parts.items() if part[option].nunique() > 1}
    if not varied:
        raise NoDataError("No two runs differ only in weight decay, or only in epochs.", REMEDY)
    said = [f"{WORDS[option]}: {note}" for option in varied for note in parts[option][1]]
    tables = (_differences(varied), _means(varied))
    figures = tuple(_figure(option, part) for option, part in varied.items())
    return MadeReport(tables, figures, (*sources[TABLE].notes, *notes, *said))


def one_a_run(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run with its options and its log determinants in the columns ``initial`` and ``trained``."""
    wide = rows.pivot_table(index="run_id", columns="cell", values="log_det_nats").reindex(columns=VALUES)
    about = rows.drop_duplicates("run_id").drop(columns=["cell", "log_det_nats"]).set_index("run_id")
    return about.join(wide).dropna(subset="trained").reset_index()


def _differences(varied: Mapping[str, pd.DataFrame]) -> MadeTable:
    found = [line for option, part in varied.items() for line in _compared(option, part)]
    if not found:
        raise NoDataError("No width has runs with two values of weight decay, or of epochs, and the same seed.", REMEDY)
    frame = pd.DataFrame(found)
    cells = [
        {
            "option": WORDS[row["option"]],
            "from": text(row["from"]),
            "to": text(row["to"]),
            "width": text(row["width"]),
            "change (nats)": text(row["change_nats"], "+.0f"),
            "95 % interval": "-" if pd.isna(row["low_nats"]) else f"{row['low_nats']:+.0f} to {row['high_nats']:+.0f}",
            "seeds": text(row["seeds"]),
            "claim": row["claim"],
            "holds": row["holds"],
        }
        for row in records(frame)
    ]
    question = "Does the trained log determinant fall with weight decay and rise with epochs, as the text says?"
    return MadeTable("Change of the trained log determinant, same seeds", frame, pd.DataFrame(cells), NAME, question)


def _compared(option: str, part: pd.DataFrame) -> list[dict[str, object]]:
    """Return a row for each width and higher value of an option, compared with its lowest value."""
    indexed = part.set_index(["width", "seed"]).sort_index()
    lowest, *others = sorted(part[option].unique())
    base = indexed[indexed[option] == lowest]["trained"]
    verdict = below if CLAIMS[option] == "falls" else above
    lines = []
    for value in others:
        change = (indexed[indexed[option] == value]["trained"] - base).dropna()
        for width in change.index.get_level_values("width").unique():
            found = at_width(change, int(width))
            lines.append({
                "option": option, "from": lowest, "to": value, "width": int(width), "change_nats": found.value,
                "low_nats": found.low, "high_nats": found.high, "seeds": found.count, "claim": CLAIMS[option],
                "holds": ANSWERS[verdict(found)],
            })  # fmt: skip
    return lines


def _means(varied: Mapping[str, pd.DataFrame]) -> MadeTable:
    frame = pd.concat([
        mean_over_seeds(part, ["weight_decay", "epochs", "width"], VALUES) for part in varied.values()
    ]).drop_duplicates(["weight_decay", "epochs", "width"], ignore_index=True)
    cells = [
        {name: text(row[name]) for name in ("weight_decay", "epochs", "width")}
        | {name: with_spread(row, name, 0) for name in VALUES}
        | {"seeds": text(row["seeds"])}
        for row in records(frame)
    ]
    layout = pd.DataFrame(cells).rename(columns=heading)
    title = "Log determinant of the penultimate layer's activations, in nats"
    return MadeTable(title, frame, layout, f"{NAME}-means", "What is the log determinant with each setting?")


def _figure(option: str, part: pd.DataFrame) -> MadeFigure:
    name = f"{NAME}-{option.replace('_', '-')}"
    question = f"How does the log determinant depend on width for each value of {WORDS[option].lower()}?"
    return MadeFigure(name, question, mean_over_seeds(part, [option, "width"], VALUES), partial(_plot, option))


def _plot(option: str, numbers: pd.DataFrame) -> "Figure":
    """Return log determinant against width: one line per value, and in grey the mean before training."""
    from geomgen.report.figures import panels, series_look, width_axis

    figure, (ax,) = panels(1)
    initial = numbers.groupby("width")["initial"].mean()
    ax.plot(initial.index, initial, color="0.45", linestyle=(0, (1, 1.5)), label="before training")
    for index, (value, line) in enumerate(numbers.groupby(option)):
        label = f"{WORDS[option].lower()} {text(value)}"
        ax.errorbar(line["width"], line["trained"], line["trained_std"], label=label, **series_look(index))
    ax.set_ylabel("Log determinant (nats)")
    width_axis(ax, numbers["width"])
    figure.legend(loc="outside right center")
    return figure


REPORT = Report(NAME, QUESTION, (Source(TABLE, REMEDY),), make)
