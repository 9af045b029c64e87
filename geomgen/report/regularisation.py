"""Report ``regularisation``: the effect of weight decay and epochs on the log determinant, by width."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.numerics.statistics import mean
from geomgen.report.averages import averaged, label, largest_group
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, records
from geomgen.report.curves import WIDTH, Panel, curves, fitting
from geomgen.report.layout import averaged_table, listed_table
from geomgen.report.quantities.volume import LOG_DET
from geomgen.report.report import Report, Source
from geomgen.report.together import together

NAME = "regularisation"
QUESTION = "Does weight decay lower the log determinant of trained activations, and do more epochs raise it?"
REMEDY = "Make runs that differ in --weight-decay or --epochs with: geomgen train, then geomgen volume RUN"
CLAIMS = {"weight_decay": "T1.13b", "epochs": "T1.13c"}
"""The claims that judge what each option does."""
STATES = {"initial": "initial", "trained": "final"}
SPECS = dict.fromkeys(STATES, ".0f")
PANEL = Panel(LOG_DET.name, "Log determinant (nats)")


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of runs that differ only in weight decay or epochs, and in width and seed.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If no runs differ in one of the two.
    """
    quantities = {name: LOG_DET.of(state=state, condition="data") for name, state in STATES.items()}
    runs = together(tables, quantities).dropna(subset="trained")
    parts = {option: largest_group(runs, option) for option in CLAIMS}
    varied = {option: part for option, (part, _) in parts.items() if part[option].nunique() > 1}
    if not varied:
        raise NoDataError("No two runs differ only in weight decay, or only in epochs.", REMEDY)
    lines = {option: fitting(_lines(option, part)) for option, part in varied.items()}
    notes = [f"{_words(option)}: {note}" for option in varied for note in (*parts[option][1], *lines[option][1])]
    figures = tuple(_figure(option, numbers) for option, (numbers, _) in lines.items())
    return MadeReport((_differences(varied), _means(varied)), figures, (*LOG_DET.rows(tables).notes, *notes))


def _words(option: str) -> str:
    return option.replace("_", " ").capitalize()


def _differences(varied: Mapping[str, pd.DataFrame]) -> MadeTable:
    frame = pd.DataFrame([line for option, part in varied.items() for line in _compared(option, part)])
    if frame.empty:
        raise NoDataError("No width has runs with two values of weight decay, or of epochs, and the same seed.", REMEDY)
    title = "Change of the trained log determinant, same seeds, with 95 % intervals"
    question = "Does the trained log determinant fall with weight decay and rise with epochs, as the text says?"
    specs = dict.fromkeys(("change_nats", "low_nats", "high_nats"), "+.0f")
    return listed_table(NAME, title, question, frame, specs)


def _compared(option: str, part: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield a row for each width and higher value of an option, compared with its lowest value."""
    values = {value: rows.set_index(["width", "seed"])["trained"] for value, rows in part.groupby(option)}
    (lowest, base), *others = values.items()
    for value, trained in others:
        for width, changes in (trained - base).dropna().groupby(level="width"):
            found = mean(changes)
            yield {
                "option": option, "from": lowest, "to": value, "width": width, "change_nats": found.value,
                "low_nats": found.low, "high_nats": found.high, "seeds": found.count,
                "claim": CLAIMS[option],
            }  # fmt: skip


def _means(varied: Mapping[str, pd.DataFrame]) -> MadeTable:
    rows = pd.concat(varied.values()).drop_duplicates("run_id")
    title = "Log determinant of the penultimate layer's activations, in nats"
    question = "What is the log determinant with each setting?"
    return averaged_table(f"{NAME}-means", title, question, rows, ["width", "weight_decay", "epochs"], SPECS)


def _lines(option: str, part: pd.DataFrame) -> pd.DataFrame:
    """Return a line for each value of an option after training, and before it one, which no value changes."""
    means = averaged(part, ["width", option], list(SPECS))
    trained = means.assign(series=[label([option], row) for row in records(means)])
    initial = means[means[option] == means[option].min()].assign(series="before training")
    sides = [
        side.rename(columns={name: LOG_DET.name, f"{name}_std": f"{LOG_DET.name}_std"})
        for name, side in (("initial", initial), ("trained", trained.sort_values([option, "width"])))
    ]
    lines: pd.DataFrame = pd.concat(sides, ignore_index=True)[
        ["series", "width", LOG_DET.name, f"{LOG_DET.name}_std", "seeds"]
    ]
    return lines


def _figure(option: str, numbers: pd.DataFrame) -> MadeFigure:
    question = f"How does the log determinant depend on width for each value of {option.replace('_', ' ')}?"
    return curves(f"{NAME}-{option.replace('_', '-')}", question, numbers, WIDTH, (PANEL,))


REPORT = Report(NAME, QUESTION, (Source(LOG_DET.table, REMEDY),), make)
