"""Verdicts on implicit regularisation and on how little the parameters move, from made-up numbers."""

import pytest

from tests.report.made_up_gradients import gradient_row, moved_runs, runs_over_rates
from tests.report.made_up_runs import RunMaker
from tests.report.reading import claim


@pytest.mark.parametrize(("power", "verdict"), [(-0.5, "holds"), (0.3, "does not hold")])
def test_wider_networks_move_less(make_run: RunMaker, power: float, verdict: str) -> None:
    assert claim(moved_runs(make_run, power), "T4.2")["verdict"] == verdict


@pytest.mark.parametrize(("sign", "verdict"), [(1, "holds"), (-1, "does not hold")])
def test_larger_rates_end_flatter(make_run: RunMaker, sign: int, verdict: str) -> None:
    assert claim(runs_over_rates(make_run, sign), "T5.9")["verdict"] == verdict


def test_bits_a_step_of_the_published_protocol(make_run: RunMaker) -> None:
    runs = [
        make_run(
            tables={"implicit_regularization": [gradient_row(1, 0.1, None, bits=0.3 + 0.01 * seed)]},
            width=512,
            seed=seed,
        )
        for seed in range(3)
    ]
    found = claim(runs, "T1.16b")
    assert (found["verdict"], found["value"]) == ("holds", pytest.approx(0.31))
