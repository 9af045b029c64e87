"""Only runs of the published protocol are judged."""

from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.collect import RunTables
from geomgen.report.content import records
from geomgen.report.reports import REPORTS
from tests.report.made_up_runs import RunMaker


def test_runs_of_another_protocol_are_not_judged(make_run: RunMaker) -> None:
    rows = records(REPORTS["claims"].build(RunTables([make_run(epochs_done=1, epochs=1)])).main.frame)
    judged = {claim.id for claim in CLAIMS if claim.tables == ("training",) and claim.id.startswith("T1")}
    evidence = {row["evidence"] for row in rows if row["id"] in judged}
    assert evidence == {"No run of the published protocol has been measured."}
