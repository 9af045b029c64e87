"""A report takes the tables that there are, and says how to make those that it needs."""

from dataclasses import replace

import pandas as pd
import pytest

from geomgen.errors import NoDataError, UsageError
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeFigure, MadeReport, MadeTable
from geomgen.report.report import Report, Source, in_parts
from tests.report.made_up_runs import RunMaker

VOLUME = {("initial", "data"): 1.0}


def _make(tables: RunTables, compare: str | None) -> MadeReport:
    """Return a report that says what it was made from."""
    frame = pd.DataFrame({"table": [name for name in ("training", "volume") if tables.has(name)], "compare": compare})
    empty = MadeFigure("empty", "Of what?", frame.iloc[:0], lambda _numbers: pytest.fail("drawn"))
    return MadeReport((MadeTable.plain("made", "Made", "Of what?", frame),), (empty,))


def _report(*sources: Source) -> Report:
    return Report("made", "Of what?", sources, _make, comparisons=("published",))


def test_what_there_is_of_several_tables_is_taken(make_run: RunMaker) -> None:
    report = _report(Source("volume", "geomgen volume"), Source("training", "geomgen train"))
    made = report.build(RunTables([make_run(epochs_done=1)]), compare="published")
    assert made.main.frame.to_numpy().tolist() == [["training", "published"]]
    assert not made.figures, "a figure without numbers is left out"


def test_what_is_required_is_asked_for(make_run: RunMaker) -> None:
    report = _report(Source("volume", "Make it with: geomgen volume RUN"))
    with pytest.raises(NoDataError, match=r"of 1 in all, has a table 'volume'\. Make it with: geomgen volume RUN"):
        report.build(RunTables([make_run(epochs_done=1)]))
    with pytest.raises(UsageError, match=r"cannot be compared with 'theory'\. It can be compared with: published\."):
        report.build(RunTables([]), compare="theory")


def test_a_report_of_all_protocols_is_of_none_alone(make_run: RunMaker) -> None:
    runs = RunTables([make_run(epochs_done=1)])
    with pytest.raises(UsageError, match=r"Report 'made' shows the runs of all protocols\. Leave out --protocol"):
        _report().build(runs, protocol="sgd")
    of_protocol = replace(_report(), of_protocol=_make)
    assert of_protocol.build(runs, protocol="sgd").main.frame["compare"].tolist() == ["sgd"]


def test_parts_without_tables_are_left_out_with_their_notes(make_run: RunMaker) -> None:
    tables = RunTables([make_run(VOLUME, epochs_done=1)])
    table = MadeTable.plain("made", "Made", "Of what?", pd.DataFrame({"a": [1]}))
    parts = {
        Source("activation_volume", "geomgen volume"): lambda _rows: MadeReport((table,), notes=("told",)),
        Source("training", "geomgen train"): lambda _rows: MadeReport((), notes=("too few",)),
        Source("emc", "geomgen emc"): lambda _rows: MadeReport((table, table)),
    }
    made = in_parts(tables, parts)
    assert (made.tables, made.notes) == ((table,), ("told",))
    with pytest.raises(NoDataError, match=r"No run has what this report is made from\. geomgen volume"):
        in_parts(RunTables([]), parts)
