"""Verdicts on volume: made-up runs that say each claim, and runs that say the opposite."""

from dataclasses import replace
from typing import Any

import pytest

from geomgen.report.width_logdet import CELLS
from tests.report.made_up_runs import RunMaker, volume_row
from tests.report.reading import measured_claims, verdicts


def test_the_published_table_says_what_its_text_says(make_run: RunMaker) -> None:
    published = {
        128: (219, 432, 759, 1372), 512: (712, 1714, 1564, 5343), 2048: (2193, 6605, 2679, 20856),
        3072: (3005, 9744, 2919, 30699), 4096: (3678, 12750, 3045, 40604), 8192: (5566, 22233, 3101, 66665),
    }  # fmt: skip
    cells = [CELLS[name] for name in ("initial", "initial_control", "trained", "trained_control")]
    runs = [
        make_run(
            dict(zip(cells, (value * (1 + 0.001 * seed) for value in values), strict=True)), width=width, seed=seed
        )
        for width, values in published.items()
        for seed in range(2 if width < 3072 else 1)
    ]
    assert verdicts(runs) == {"T1.9": "holds", "T1.10": "holds", "T1.11": "holds", "T1.12": "holds"}
    found = measured_claims(runs)
    assert 2048 < found["T1.11"]["low"] < found["T1.11"]["value"] < found["T1.11"]["high"] < 3072
    assert found["T1.10"]["value"] == pytest.approx((3101 - 3045) / (3045 - 759 * 1.0005), rel=1e-3)
    one_seed = [run for run in runs if run.config["seed"] == 0]
    assert verdicts(one_seed) == {"T1.9": "holds", "T1.10": "undecided", "T1.11": "undecided", "T1.12": "undecided"}


@pytest.mark.parametrize(("sign", "verdict"), [(1, "holds"), (-1, "does not hold")])
def test_weight_decay_and_epochs(make_run: RunMaker, sign: int, verdict: str) -> None:
    runs = []
    for seed in range(2):
        settings: list[tuple[dict[str, Any], float]] = [
            ({}, 100.0), ({"weight_decay": 0.0}, 100 + 50 * sign), ({"weight_decay": 0.1}, 100 - 40 * sign),
            ({"epochs": 30}, 100 + 30 * sign),
        ]  # fmt: skip
        for options, trained in settings:
            values = {("initial", "data"): 100 + 90 * sign + seed, ("final", "data"): trained + 2 * seed}
            runs.append(make_run(values, width=4096, seed=seed, **options))
    assert verdicts(runs) == dict.fromkeys(("T1.13a", "T1.13b", "T1.13c"), verdict)


def test_volume_beyond_magnitude(make_run: RunMaker) -> None:
    def rows(seed: int, change: float) -> list[object]:
        return [
            replace(volume_row(state, "data", 10.0, rule="ledoit-wolf"), total_correlation_nats=value)
            for state, value in (("initial", 5.0 + seed), ("final", 5.0 + 1.5 * seed + change))
        ]

    more = [make_run(tables={"activation_volume": rows(seed, 40)}, seed=seed) for seed in range(3)]
    (found,) = measured_claims(more).values()
    assert (found["id"], found["verdict"]) == ("T1.18", "holds")
    assert found["value"] == pytest.approx(-81)
    same = [make_run(tables={"activation_volume": rows(seed, -0.5)}, seed=seed) for seed in range(3)]
    assert verdicts(same) == {"T1.18": "undecided"}
