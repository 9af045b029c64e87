"""Equalities: one exception fails them, and what is not resolved is counted."""

import math

import pandas as pd
import pytest

from geomgen.report.claims.claim import Claim, judged
from geomgen.report.claims.part import never_deviates
from geomgen.report.collect import RunTables
from geomgen.report.quantity import Quantity
from tests.report.made_up_runs import RunMaker


@pytest.mark.parametrize(
    ("deviations", "verdict", "evidence"),
    [
        ([0.0, 0.0], "holds", "largest deviation, 2 runs: 0."),
        ([0.0, -0.25], "does not hold", "largest deviation, 2 runs: 0.25."),
        ([0.0, math.nan], "holds", "largest deviation, 1 run (1 more unresolved): 0."),
        ([math.nan, math.nan], "not yet measured", "None of 2 runs is resolved."),
    ],
)
def test_an_equality(make_run: RunMaker, deviations: list[float], verdict: str, evidence: str) -> None:
    def read(rows: pd.DataFrame) -> pd.DataFrame:
        ids = sorted(set(rows["run_id"]))
        return pd.DataFrame({"run_id": ids, "value": deviations})

    runs = [make_run(epochs_done=1, seed=seed, width=64 + seed) for seed in range(2)]
    part = never_deviates(Quantity("deviation", "deviation", "training", read), "runs", "geomgen train")
    found = judged(Claim("T1.1", "It is.", (part,)), RunTables(runs))
    assert (found.verdict, found.evidence) == (verdict, evidence)
    assert not found.chance_of_error
