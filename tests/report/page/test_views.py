"""What a page says of claims, tables and runs."""

import math
from pathlib import Path

import pytest

from geomgen.report.claims.claim import TEXTS
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.page.views import by_text, claim_views, measured_value, run_view, table_link
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


def test_claims_stand_under_their_text_and_link_to_reports_that_are_there(make_run: RunMaker) -> None:
    views = claim_views(report("claims", [make_run(epochs_done=1)]).main, {"training"})
    grouped = by_text(views)
    assert list(grouped) == list(TEXTS.values())
    assert sum(map(len, grouped.values())) == len(CLAIMS)
    assert {view.report for view in views} <= {"", "training"}
    assert {(view.kind, view.sign, view.is_measured) for view in views} == {("not-yet-measured", "·", False)}
    assert {view.id for view in views if view.revised} == {claim.id for claim in CLAIMS if claim.revised}


def test_a_run_is_its_commands_and_links_to_its_tables(make_run: RunMaker, tmp_path: Path) -> None:
    run = make_run(epochs_done=1, width=64)
    view = run_view(run, tmp_path / "page")
    assert (view.id, view.status, view.commands) == (run.id, "complete", ["geomgen train --width 64 --seed 0"])
    assert [link.href for link in view.links] == [f"../runs/{run.path.name}/tables/training.parquet"]
    assert table_link(run, "training", tmp_path / "a" / "b", "words").href.startswith("../../runs/")
    assert (tmp_path / "page" / view.links[0].href).resolve() == (run.path / "tables" / "training.parquet").resolve()
