"""Verdicts on the third text's claims, on made-up runs."""

from typing import Any

import pytest

from tests.report.made_up_runs import RunMaker, layer_row
from tests.report.reading import claim


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
