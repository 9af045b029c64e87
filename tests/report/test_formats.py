"""What other programs make of a report: spreadsheets, JSON readers, Markdown, LaTeX."""

import io
import json
import math

import pandas as pd
import pytest

from geomgen.errors import UsageError
from geomgen.report.content import MadeReport, MadeTable, Printable
from geomgen.report.formats import EXTENSIONS, alignments, render, render_report


def made(frame: dict[str, list[object]] | None = None, layout: dict[str, list[str]] | None = None) -> Printable:
    return Printable("Title", pd.DataFrame(frame or {"a": [1]}), pd.DataFrame(layout or {"a": ["1"]}))


def test_json_keeps_types() -> None:
    table = made({"hidden": [64, 128], "value": [0.1 + 0.2, math.inf], "spread": [math.nan, 2.0], "arch": ["mlp", "é"]})
    published = table.frame.assign(published=pd.array([219, None], dtype="Int64"))
    content = json.loads(render(Printable("Title", published, table.layout), "json"))
    assert content == [
        {"hidden": 64, "value": 0.30000000000000004, "spread": None, "arch": "mlp", "published": 219},
        {"hidden": 128, "value": "inf", "spread": 2.0, "arch": "é", "published": None},
    ]
    assert isinstance(content[0]["published"], int)
    assert isinstance(content[0]["hidden"], int)


def test_json_tells_infinities_from_what_is_missing() -> None:
    text = render(made({"bound": [math.inf, -math.inf, math.nan, None]}), "json")
    found = [row["bound"] for row in json.loads(text)]
    assert found == ["inf", "-inf", None, None]
    assert [float(value) for value in found if value] == [math.inf, -math.inf]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_csv_holds_no_formula(start: str) -> None:
    text = render(made({"data": [f"{start}1+2"], "loss": [-1.5], "note": ["a=b"]}), "csv")
    read = pd.read_csv(io.StringIO(text, newline=""))
    assert read.to_dict("records") == [{"data": f"'{start}1+2", "loss": -1.5, "note": "a=b"}]


def test_csv_rows_do_not_break_at_a_carriage_return() -> None:
    assert render(made({"data": ["\r=1", "a\r=1"]}), "csv") == "data\n'\\r=1\na\\r=1\n"


def test_csv_keeps_every_digit() -> None:
    assert render(made({"a": [0.1 + 0.2, math.nan], "b": [1, 2]}), "csv") == "a,b\n0.30000000000000004,1\n,2\n"


def test_markdown_escapes_pipes_and_line_breaks() -> None:
    lines = render(made(layout={"initial\ncontrol": ["5 ± 1"], "data": ["a|b\nc"]}), "markdown").splitlines()
    assert [line.split() for line in lines[::2]] == [
        ["|", "initial", "control", "|", "data", "|"],
        ["|", "5", "±", "1", "|", "a\\|b", "c", "|"],
    ]
    assert lines[1].startswith("|---")
    assert lines[1].count(":") == 2


def test_latex_escapes_specials() -> None:
    text = render(made(layout={"initial\ncontrol": ["5 ± 1"], "data_x": ["50% & $a_b #{~^\\"]}), "latex")
    assert r"initial control & data\_x" in " ".join(text.split())
    assert r"5 $\pm$ 1" in text
    assert r"50\% \& \$a\_b \#\{\textasciitilde{}\^{}\textbackslash{}" in text
    assert text.startswith("\\begin{tabular}{rl}\n\\toprule")


def test_table_is_plain_and_fits() -> None:
    cells = {f"long\nheading{index}": ["66665 ± 1234"] for index in range(6)}
    text = render(made(layout=cells | {"[bold]": ["[red]x"]}), "table", width=80)
    lines = text.splitlines()
    assert lines[0] == "Title"
    assert max(map(len, lines)) <= 80
    assert {"66665", "1234", "[red]x"} <= set(text.split())
    assert "\x1b" not in text
    assert "66665 ± 1234" in render(made(layout=cells), "table", width=120)


def test_a_narrow_table_folds_words_and_never_numbers() -> None:
    layout = {
        "run": ["20261121T201500Z-train-mlp-w512-s0-3fa9c1"],
        **{f"loss{index}": ["0.1234"] for index in range(10)},
    }
    text = render(made(layout=layout), "table", width=60)
    assert text.count("0.1234") == 10
    assert "20261121T201" in text.split()


def test_a_long_sentence_breaks_no_word_of_another_column() -> None:
    sentence = "the covariance of 6 variables has rank 5 or is close to it: use splitting"
    layout = {"number": ["1.234567890"], "route": ["infinite-width"], "verdict": [sentence]}
    assert "infinite-width" in render(made(layout=layout), "table", width=40).split()


@pytest.mark.parametrize(
    "cells",
    [
        ["1", "12", "-3.5", "+4", "1e-05", "2e+06", "95%", "inf", "-inf", "nan", "-", ""],
        ["0.614 ± 0.003", "12", "1.7e-10 ± 4e-10"],
        ["427 ± 6 (n=3)", "0.17 [0.125, 0.215] (n=2)", "3 (n=1)"],
        ["0.17 [0.125, 0.215]", "-0.021 [-0.0657, 0.0237]", "12,345 [11,987, 13,000]"],
        ["146 to 856", "-509 to -428", "+163 to +175", "-"],
        ["at least 8000", "none", "812"],
        ["1.5", "unknown"],
    ],
)
def test_numbers_are_on_the_right(cells: list[str]) -> None:
    layout = {"arch": ["mlp"] * len(cells), "x": cells}
    assert alignments(pd.DataFrame(layout)) == ["left", "right"]
    rule, *lines = render(made(layout=layout), "table").splitlines()[3:]
    assert [line.removeprefix("mlp").strip() for line in lines] == cells
    assert all(len(line) == len(rule) for line, cell in zip(lines, cells, strict=True) if cell)


@pytest.mark.parametrize(
    "cells",
    [["mlp"], ["1", "two"], ["none"], ["none", "unknown"], ["20,60,120"], ["1.92 (largest |z|)"], ["20261121T20"]],
)
def test_words_are_on_the_left(cells: list[str]) -> None:
    assert alignments(pd.DataFrame({"x": cells})) == ["left"]


def test_spreads_and_intervals_go_below_where_there_is_no_room() -> None:
    layout = {"a": ["0.6145 ± 0.0031"], "b": ["0.17 [0.125, 0.215]"], "words": ["read [this] ± that"]}
    lines = render(made(layout=layout), "table", width=50).splitlines()
    assert [line.rstrip() for line in lines[4:]] == [
        "  0.6145            0.17  read [this] ± that",
        "± 0.0031  [0.125, 0.215]",
    ]


def test_any_frame_can_be_printed() -> None:
    frame = pd.DataFrame({
        "run_id": ["a", "b"],
        "loss_nats": [1 / 3, math.inf],
        "width": [512, None],
        "lr": [1e-5, 2e6],
    })
    title, _, *heads, _, first, second = render(Printable.of("Title", frame), "table").splitlines()
    assert title == "Title"
    assert [line.split() for line in heads] == [["run", "loss"], ["id", "nats", "width", "lr"]]
    assert first.split() == ["a", "0.333333", "512", "1e-05"]
    assert second.split() == ["b", "inf", "-", "2e+06"]


@pytest.mark.parametrize("format", EXTENSIONS)
def test_a_table_without_rows(format: str) -> None:
    assert "run" in render(Printable.of("Title", pd.DataFrame(columns=["run", "seed"])), format) or format == "json"


def test_an_unknown_format() -> None:
    with pytest.raises(UsageError, match=r"no format 'xls'\. Choose one of: csv, json, markdown, latex, table"):
        render(made(), "xls")


@pytest.mark.parametrize("format", EXTENSIONS)
def test_every_format_ends_with_one_newline(format: str) -> None:
    text = render(made(), format)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def report_of(**tables: list[int]) -> MadeReport:
    frames = {name: pd.DataFrame({name: values}) for name, values in tables.items()}
    return MadeReport(tuple(MadeTable.plain(name, f"The {name}", "?", frame) for name, frame in frames.items()))


def test_a_report_of_two_tables() -> None:
    report = report_of(a=[1], b=[2])
    assert render_report(report, "table") == "The a\n\na\n─\n1\n\nThe b\n\nb\n─\n2\n"
    assert render_report(report, "csv") == "a\n1\n"
    assert json.loads(render_report(report, "json", only="b")) == [{"b": 2}]
    with pytest.raises(UsageError, match=r"no table 'c'\. It has: a, b\."):
        render_report(report, "table", only="c")
