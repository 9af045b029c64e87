"""What the page says of all verdicts: sentences by what is known, and the matrix with its numbers."""

from typing import Any

import pytest

from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.content import MadeReport, records
from geomgen.report.page.verdicts import matrix, summaries
from geomgen.report.page.views import claim_view
from geomgen.store.run import Run
from tests.report.claims.test_elsewhere import trained
from tests.report.made_up_runs import RunMaker
from tests.report.made_up_surfaces import surface_run
from tests.report.reading import report


def shown(*runs: Run) -> tuple[list[dict[str, Any]], MadeReport]:
    ledger = report("claims", runs)
    return [claim_view(row, {}) for row in records(ledger.main.frame)], ledger


@pytest.fixture
def two_protocols(make_run: RunMaker) -> tuple[list[dict[str, Any]], MadeReport]:
    return shown(*trained(make_run, {512: -0.2}), *trained(make_run, {512: 0.1}, weight_decay=0.0))


def test_each_claim_is_told_once(two_protocols: tuple[list[dict[str, Any]], MadeReport]) -> None:
    (summary,) = summaries(*two_protocols)
    assert summary.text == "Geometric intuitions behind generalization"
    assert list(summary.told) == ["Depends on the protocol"]
    claims = summary.told["Depends on the protocol"]
    assert {claim["id"]: claim["where"] for claim in claims}["T1.3a"] == (
        "not in no-weight-decay: unlike in published runs of the same widths"
    )
    told = [claim["id"] for claims in summary.told.values() for claim in claims]
    every = [*told, *(claim["id"] for claim in summary.answered)]
    assert len(every) == len(set(every))
    assert len(every) + summary.unmeasured == sum(claim.text == summary.text for claim in CLAIMS)


def test_open_questions_are_answered_beside_the_claims(make_run: RunMaker) -> None:
    surfaces = [
        surface_run(make_run.root, width, seed, log10_curvature_range=0.3 + seed / 100)
        for width in (8, 16) for seed in range(3)
    ]  # fmt: skip
    found = {summary.text: summary for summary in summaries(*shown(*surfaces, *trained(make_run, {512: -0.2})))}
    first, second = found.values()
    assert [claim["id"] for claim in first.told["Holds"]] == ["T1.3a"]
    assert second.answered[0]["answer"] == "It is constant to within a factor of ten."
    assert not {claim["id"] for claim in second.answered} & {
        claim["id"] for claims in second.told.values() for claim in claims
    }


def test_the_matrix_says_the_number_behind_a_verdict(two_protocols: tuple[list[dict[str, Any]], MadeReport]) -> None:
    found = matrix(*two_protocols)
    assert found
    assert found.protocols == {"published": "The published protocol.", "no-weight-decay": "Without weight decay."}
    (cells,) = [cells for claim, cells in found.rows if claim["id"] == "T1.3a"]
    assert [(cell.sign, cell.kind, cell.differs) for cell in cells] == [
        ("✓", "holds", False), ("✗", "does-not-hold", True),
    ]  # fmt: skip
    assert "weight decay 0) at width 512: 0.1 [" in cells[1].says
    assert cells[1].says.endswith(", holds")
    assert matrix(*shown()) is None
