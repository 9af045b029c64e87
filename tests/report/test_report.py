"""A report takes the tables that there are, and says how to make those that it needs."""

from collections.abc import Mapping

import pandas as pd
import pytest

from geomgen.errors import NoDataError, UsageError
from geomgen.report.collect import Collected, RunTables
from geomgen.report.content import MadeReport, MadeTable
from geomgen.report.report import Report, Source
from tests.report.made_up_runs import RunMaker


def _make(sources: Mapping[str, Collected], compare: str | None) -> MadeReport:
    """Return a report that says what it was made from."""
    frame = pd.DataFrame({"table": list(sources), "compare": compare})
    return MadeReport((MadeTable.plain("made", "Made", "Of what?", frame),))


def _report(*sources: Source) -> Report:
    return Report("made", "Of what?", sources, _make, comparisons=("published",))


def test_what_is_optional_is_taken_where_it_is(make_run: RunMaker) -> None:
    report = _report(Source("training", "geomgen train"), Source("volume", "geomgen volume", required=False))
    made = report.build(RunTables([make_run(epochs_done=1)]), compare="published")
    assert made.main.frame.to_numpy().tolist() == [["training", "published"]]


def test_what_is_required_is_asked_for(make_run: RunMaker) -> None:
    report = _report(Source("volume", "Make it with: geomgen volume RUN"))
    with pytest.raises(NoDataError, match=r"of 1 in all, has a table 'volume'\. Make it with: geomgen volume RUN"):
        report.build(RunTables([make_run(epochs_done=1)]))
    with pytest.raises(UsageError, match=r"cannot be compared with 'theory'\. It can be compared with: published\."):
        report.build(RunTables([]), compare="theory")
