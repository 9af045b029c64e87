"""Verdicts on the third text's claims, on made-up runs."""

from pathlib import Path
from typing import Any

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.content import records
from geomgen.report.reports import REPORTS
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker, layer_row


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    return RunMaker(tmp_path / "runs")


def claim(runs: list[Run], claim_id: str) -> dict[str, Any]:
    rows = records(REPORTS["claims"].build(RunTables(runs)).main.frame)
    return next(row for row in rows if row["id"] == claim_id)


@pytest.mark.parametrize(("helps", "verdict"), [(True, "holds"), (False, "does not hold")])
def test_unit_variance(make_run: RunMaker, helps: bool, verdict: str) -> None:
    good, bad = (0.7, 3.0) if helps else (3.0, 0.7)
    settings: list[tuple[dict[str, Any], float]] = [
        ({}, 1.5), ({"init": "he"}, good), ({"layer_norm": True}, good), ({"batch_norm": True}, good),
        ({"weight_decay": 0.0}, bad), ({"optimizer": "sgd"}, bad),
    ]  # fmt: skip
    runs = [
        make_run(
            tables={"layer_statistics": [layer_row("hidden1", "final", 1.0, rms + 0.001 * seed)]}, seed=seed, **options
        )
        for options, rms in settings
        for seed in range(3)
    ]
    assert claim(runs, "T3.1")["verdict"] == verdict
    some = claim(runs[:6], "T3.1")
    assert some["verdict"] == ("undecided" if helps else "does not hold")
    assert some["evidence"].endswith("Not measured: LayerNorm, BatchNorm, weight decay, Adam.")
    assert claim(runs[:1], "T3.1")["evidence"] == "No device has been measured both on and off."
