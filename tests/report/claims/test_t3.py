"""Verdicts on the third text's claims, on made-up runs."""

from typing import Any

import pytest

from geomgen.store.run import Run
from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_runs import RunMaker, layer_row


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
