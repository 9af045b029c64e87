"""What a page says of claims, tables and runs."""

import math
from pathlib import Path

import pytest

from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.content import records
from geomgen.report.page.views import claim_view, command, measured_value, run_files, table_link
from geomgen.report.reports import REPORTS
from tests.report.made_up_runs import RunMaker
from tests.report.reading import report


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((math.nan, math.nan, math.nan, "nats"), ""),
        ((-1.5, math.nan, math.nan, ""), "\N{MINUS SIGN}1.5"),
        ((-1.5, -2.0, 3.0, "nats"), "\N{MINUS SIGN}1.5 [\N{MINUS SIGN}2,\N{NO-BREAK SPACE}3] nats"),
    ],
)
def test_a_value_with_its_interval(values: tuple[float, float, float, str], shown: str) -> None:
    assert measured_value(*values) == shown


def test_claims_link_to_reports_that_are_there() -> None:
    rows = records(report("claims", []).main.frame)
    views = [claim_view(row, {"training"}) for row in rows]
    assert [view["id"] for view in views] == [claim.id for claim in CLAIMS]
    assert {view["report"] for view in views} <= {"", "training"}
    assert {(view["kind"], view["sign"], view["is_measured"]) for view in views} == {("not-yet-measured", "·", False)}
    assert claim_view(rows[0] | {"report": "training"}, {"training"})["report"] == "training"
    assert claim_view(rows[0] | {"published": "-0.5", "verdict": "holds"}, {})["published"] == "\N{MINUS SIGN}0.5"


def test_a_report_is_made_again_by_its_command() -> None:
    assert command("--runs-dir 'my runs'", REPORTS["training"]) == "geomgen report training --runs-dir 'my runs'"
    assert command("", REPORTS["width-logdet"]).endswith(" --compare published")


def test_a_run_links_to_its_tables(make_run: RunMaker, tmp_path: Path) -> None:
    run = make_run(epochs_done=1, width=64)
    links = run_files(tmp_path / "page", run)
    assert links == {"training": f"../runs/{run.path.name}/tables/training.parquet"}
    assert table_link(tmp_path / "a" / "b", run, "training").startswith("../../runs/")
    assert (tmp_path / "page" / links["training"]).resolve() == (run.path / "tables" / "training.parquet").resolve()
