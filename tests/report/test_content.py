"""Tables in two forms, and figures that draw text as text."""

import math

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from geomgen.errors import UsageError
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, Printable, heading, records, text


@pytest.mark.parametrize(
    ("value", "spec", "shown"),
    [
        (None, "", "-"), (math.nan, ".2f", "-"), (1 / 3, "", "0.333333"), (1 / 3, ".2f", "0.33"), (1e-7, "", "1e-07"),
        (3, ".2f", "3"), ("word", ".2f", "word"), (True, "", "True"), (math.inf, "", "inf"),
    ],
)  # fmt: skip
def test_a_cell_for_a_person(value: object, spec: str, shown: str) -> None:
    assert text(value, spec) == shown


def test_a_table_keeps_every_digit_beside_what_is_shown() -> None:
    frame = pd.DataFrame({"loss_nats": [1 / 3], "run_id": ["a"]})
    table = Printable.of("Title", frame)
    assert table.frame is frame
    assert table.layout.to_dict("records") == [{"loss\nnats": "0.333333", "run\nid": "a"}]
    assert heading("test_loss_nats") == "test\nloss\nnats"
    assert heading("near_zero_fraction_1e_4_low") == "near\nzero\nfraction\n1e-4\nlow"
    assert records(frame) == [{"loss_nats": 1 / 3, "run_id": "a"}]
    assert Printable.of("Title", frame[:0]).layout.columns.tolist() == ["loss\nnats", "run\nid"]


def test_tables_are_found_by_name() -> None:
    first, second = (MadeTable.plain(name, name, "Which?", pd.DataFrame({"x": [1]})) for name in ("a", "b"))
    made = MadeReport((first, second))
    assert made.main is first
    assert made.table("b") is second
    with pytest.raises(UsageError, match=r"This report has no table 'c'\. It has: a, b\."):
        made.table("c")


def test_a_label_that_begins_with_an_underscore_is_in_the_legend() -> None:
    def plot(numbers: pd.DataFrame) -> Figure:
        figure = Figure()
        ax = figure.subplots()
        for name, value in zip(numbers["name"], numbers["value"], strict=True):
            ax.plot([value], label=f"{name}, trained")
        figure.legend(*ax.get_legend_handles_labels())
        return figure

    numbers = pd.DataFrame({"name": ["_net:Factory", "mlp"], "value": [1.0, 2.0]})
    (legend,) = MadeFigure("f", "Which?", numbers, plot).draw().legends
    assert [entry.get_text().strip("\N{WORD JOINER}") for entry in legend.get_texts()] == [
        "_net:Factory, trained",
        "mlp, trained",
    ]


def test_no_text_is_taken_for_a_formula_and_the_style_is_geomgens() -> None:
    seen: list[object] = []

    def plot(numbers: pd.DataFrame) -> Figure:
        seen.extend([*numbers["name"], mpl.rcParams["font.size"]])
        return Figure()

    with mpl.rc_context({"font.size": 30}):
        MadeFigure("f", "Which?", pd.DataFrame({"name": ["$x$", "y"], "value": [1.0, 2.0]}), plot).draw()
        assert mpl.rcParams["font.size"] == 30
    assert seen == [r"\$x\$", "y", 9]
