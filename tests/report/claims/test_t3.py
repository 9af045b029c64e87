"""Verdicts on the third text's claims, on made-up runs."""

from typing import Any

import pytest

from geomgen.store.run import Run
from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_curvature import summary_row
from tests.report.made_up_runs import FACTS, RunMaker, layer_row


def with_devices(make_run: RunMaker, good: float, bad: float) -> list[Run]:
    """Return three seeds with and without each device, whose layers have these root mean squares."""
    settings: list[tuple[dict[str, Any], float]] = [
        ({}, 1.5), ({"init": "he"}, good), ({"layer_norm": True}, good), ({"batch_norm": True}, good),
        ({"weight_decay": 0.0}, bad), ({"optimizer": "sgd", "lr": 0.1}, bad),
    ]  # fmt: skip
    return [
        make_run(
            tables={"layer_statistics": [layer_row("hidden1", "final", 1.0, rms * (1 + 0.001 * seed))]},
            seed=seed,
            **options,
        )
        for options, rms in settings
        for seed in range(3)
    ]


@pytest.mark.parametrize(("helps", "said"), [(True, "holds"), (False, "does not hold")])
def test_unit_variance(make_run: RunMaker, helps: bool, said: str) -> None:
    runs = with_devices(make_run, *((0.7, 3.0) if helps else (3.0, 0.7)))
    assert verdict(runs, "T3.1") == said
    assert len(judgement(runs, "T3.1").findings) == 5
    some = judgement(runs[:6], "T3.1")
    assert some.verdict == ("undecided" if helps else "does not hold")
    assert some.missing[-1][0].words.startswith(
        "distance of trained layers from unit variance (adamw, lr 0.001 minus sgd"
    )
    assert verdict(runs[:3], "T3.1") == "not yet measured"
    assert verdict(runs[::3], "T3.1") == "undecided"


def test_sgd_at_a_rate_at_which_it_does_not_train_is_not_compared(make_run: RunMaker) -> None:
    runs = [
        make_run(tables={"layer_statistics": [layer_row("hidden1", "final", 1.0, 9.0)]}, seed=seed, optimizer=optimizer)
        for seed in range(2)
        for optimizer in ("adamw", "sgd")
    ]
    assert verdict(runs, "T3.1") == "not yet measured"


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
