"""Report ``trajectory``: how far training moves the parameters, how straight, and with how many bits per step."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from geomgen.report.averages import averaged, largest_group, network
from geomgen.report.collect import SETTING, RunTables, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable
from geomgen.report.curves import WIDTH, Axis, Panel, curves, fitting
from geomgen.report.layout import averaged_table, in_words, laid_out
from geomgen.report.quantities.training import (
    BITS_PER_STEP,
    DIRECTNESS,
    EXPONENT,
    PATH_EXPONENT,
    RELATIVE_DISTANCE,
    shorter_paths,
)
from geomgen.report.quantity import VALUE, Quantity
from geomgen.report.report import Report, sources
from geomgen.report.statistic import FEWEST_WIDTHS, exponent
from geomgen.report.together import together

NAME = "trajectory"
QUESTION = "How far from initialisation do the parameters end, by width, and does their path look Brownian?"
QUANTITIES = (RELATIVE_DISTANCE, DIRECTNESS, EXPONENT, PATH_EXPONENT, BITS_PER_STEP)
RECORDED = tuple(sorted(name for quantity in QUANTITIES for name in quantity.recorded))
STEPS = Axis("step", "Steps", "log")
OF_WIDTHS = Panel(RELATIVE_DISTANCE.name, "Distance over initial norm", "log")
FIT_SPECS = dict.fromkeys(
    ("distance_against_width", "distance_against_width_low", "distance_against_width_high"), ".3f"
)
SLOPES = {"slope 1": 1.0, "slope 1/2": 0.5}


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of all trainings.

    Args:
        tables: Tables of the runs.
    """
    runs = together(tables, {quantity.name: quantity.of() for quantity in QUANTITIES})
    specs = {quantity.name: ".3f" for quantity in QUANTITIES}
    table = averaged_table(NAME, "Where and how the parameters moved", QUESTION, runs, ["arch", "width"], specs)
    widths, left_out = _widths(runs)
    figures = [curves(NAME, "How far do networks of each width move?", widths, WIDTH, (OF_WIDTHS,))]
    for quantity, draw in ((PATH_EXPONENT, _paths), (BITS_PER_STEP, _bits)):
        if tables.has(quantity.table):
            figure, notes = draw(*_against_steps(tables, quantity))
            figures.append(figure)
            left_out += [f"Figure of {quantity.table.replace('_', ' ')}: {note}" for note in notes]
    trained = tables.collect(DIRECTNESS.table, DIRECTNESS.remedy, RECORDED).latest
    said = (*trained.notes, *left_out, *_on_paths(trained.frame))
    return MadeReport((table, *_fit_table(tables)), tuple(figures), said)


def _on_paths(rows: pd.DataFrame) -> list[str]:
    count = shorter_paths(rows)
    note = (
        f"Directness is 1 in {count} run{'s' * (count > 1)} where the path, estimated from the steps measured, is "
        "shorter than the distance from initialisation, which is its lower bound."
    )
    return [note] * bool(count)


def _widths(runs: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the line of each setting with at least three widths, or with the most, and notes on the others."""
    options = varying_options(runs)
    parts = [
        averaged(part, ["width"], [RELATIVE_DISTANCE.name]).assign(series=network(options, part.iloc[0], sized=False))
        for _, part in runs.groupby(SETTING, sort=False)
    ]
    lines = sorted(parts, key=len, reverse=True)
    shown = [line for line in lines if len(line) >= min(FEWEST_WIDTHS, len(lines[0]))]
    numbers, notes = fitting(pd.concat(shown, ignore_index=True))
    few = len(lines) - len(shown)
    return numbers, [f"The figure leaves out {few} lines of fewer than {FEWEST_WIDTHS} widths."] * bool(few) + notes


def _fit_table(tables: RunTables) -> tuple[MadeTable, ...]:
    rows = RELATIVE_DISTANCE.rows(tables).frame
    options = varying_options(rows)
    frame = pd.DataFrame([line for _, part in rows.groupby(SETTING, sort=False) for line in _fit_lines(options, part)])
    title = "Exponent of the relative distance against width, with its 95 % interval"
    question = "How does the relative distance scale with width, over widths of several seeds where there are three?"
    layout = laid_out(in_words(frame, rows, []), FIT_SPECS)
    return (MadeTable(title, frame, layout, f"{NAME}-exponents", question),) if len(frame) else ()


def _fit_lines(options: list[str], part: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the exponent of a setting; nothing for fewer than three widths."""
    if part["width"].nunique() < FEWEST_WIDTHS:
        return
    for _, found in exponent().find(part.set_index(["width", "seed"])[VALUE]):
        ends = dict(zip(FIT_SPECS, (found.value, found.low, found.high), strict=True))
        yield {name: part[name].iloc[0] for name in options} | ends | {"runs": len(part)}


def _against_steps(tables: RunTables, quantity: Quantity) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of a quantity's table after initialisation, those of the largest setting, and notes."""
    rows = tables.collect(quantity.table, quantity.remedy, RECORDED).latest.frame
    return largest_group(rows[rows["step"] > 0], "width")


def _paths(rows: pd.DataFrame, notes: list[str]) -> tuple[MadeFigure, list[str]]:
    """Return distance against steps, with the slopes of straight and Brownian paths."""
    means = averaged(rows, ["width", "step"], ["distance"])
    ends = np.array([means["step"].min(), means["step"].max()], float)
    slopes = [
        pd.DataFrame({"step": ends, "distance": means["distance"].min() * (ends / ends[0]) ** slope, "series": name})
        for name, slope in SLOPES.items()
    ]
    numbers, left_out = fitting(pd.concat([*slopes, _named(means)], ignore_index=True))
    question = "How does the distance from initialisation scale with the number of steps?"
    panel = Panel("distance", "Distance from initialisation", "log")
    return curves(f"{NAME}-trajectory", question, numbers, STEPS, (panel,)), [*notes, *left_out]


def _bits(rows: pd.DataFrame, notes: list[str]) -> tuple[MadeFigure, list[str]]:
    """Return bits per step against steps."""
    numbers, left_out = fitting(_named(averaged(rows, ["width", "step"], ["bits_per_step"])))
    panel = Panel("bits_per_step", "Bits per step, ½ log₂(1 + signal to noise)")
    question = "How many bits does a mini-batch's gradient carry?"
    return curves(f"{NAME}-implicit-regularization", question, numbers, STEPS, (panel,)), [*notes, *left_out]


def _named(means: pd.DataFrame) -> pd.DataFrame:
    return means.assign(series=[f"width {width}" for width in means["width"]])


REPORT = Report(NAME, QUESTION, sources(*QUANTITIES), make)
