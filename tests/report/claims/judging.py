"""What runs say about one claim, in as few words as tests need."""

from collections.abc import Iterable

from geomgen.report.claims.claim import Judgement, judged
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.collect import RunTables
from geomgen.store.run import Run

BY_ID = {claim.id: claim for claim in CLAIMS}


def judgement(runs: Iterable[Run], claim_id: str) -> Judgement:
    return judged(BY_ID[claim_id], RunTables(runs))


def verdict(runs: Iterable[Run], claim_id: str) -> str:
    return str(judgement(runs, claim_id).verdict)


def value(runs: Iterable[Run], claim_id: str) -> float:
    """Return the number that stands for a claim; NaN if there is none."""
    shown = judgement(runs, claim_id).shown
    return shown.estimate.value if shown else float("nan")
