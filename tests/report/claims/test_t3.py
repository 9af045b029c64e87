"""Verdicts on the third text's claims, on made-up runs."""

from typing import Any

import pytest

from tests.report.claims.judging import verdict
from tests.report.made_up_curvature import summary_row
from tests.report.made_up_runs import FACTS, RunMaker

SMALL: dict[str, Any] = {"optimizer": "sgd", "lr": 0.1, "weight_decay": 0.0, "epochs": 40, "train_size": 1500}


@pytest.mark.parametrize(
    ("share", "spread", "said"),
    [(0.9, 0.0, "undecided"), (0.5, 0.0, "does not hold"), (0.9, 0.2, "not yet measured")],
)
def test_zero_eigenvalues(make_run: RunMaker, share: float, spread: float, said: str) -> None:
    """Held by one network it is undecided, since others are missing; open bounds decide nothing."""
    runs = [
        make_run(
            tables={"hessian_summary": [summary_row("final", share + 0.001 * seed, spread=spread)]},
            seed=seed, width=8, data="digits", **SMALL,
        )
        for seed in range(3)
    ]  # fmt: skip
    assert verdict(runs, "T3.9") == said


def test_zero_eigenvalues_of_all_four_networks(make_run: RunMaker) -> None:
    kinds: list[dict[str, Any]] = [
        {"data": "digits"}, {"data": "digits", "activation": "tanh"}, {"arch": "lenet5", "pool": 2},
        {"arch": "transformer", "pool": 2, "depth": 1, "heads": 2},
    ]  # fmt: skip
    runs = [
        make_run(
            tables={"hessian_summary": [summary_row("final", 0.9 + 0.001 * seed)]},
            facts=FACTS | {"data_sha256": kind.get("data", "mnist")}, seed=seed, width=8, **SMALL, **kind,
        )
        for kind in kinds
        for seed in range(3)
    ]  # fmt: skip
    assert verdict(runs, "T3.9") == "holds"
