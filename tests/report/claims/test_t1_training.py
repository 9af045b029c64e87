"""Verdicts on the path of training."""

import pytest

from tests.report.made_up_runs import RunMaker
from tests.report.reading import measured_claims


def test_training_path(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=3, seed=seed, width=width) for seed in range(2) for width in (128, 256, 512)]
    found = measured_claims(runs)
    assert found["T1.16a"]["verdict"] == "does not hold"
    assert [found[claim]["value"] for claim in ("T1.16a", "T1.17")] == pytest.approx([0, 0])
