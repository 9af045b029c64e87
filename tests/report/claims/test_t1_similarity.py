"""Verdicts on why activations start alike and what training does to that, on made-up runs that say so, and others."""

from typing import Any

import pytest

from geomgen.report.claims.t1_similarity import LARGE, SMALL, SMALLEST, WIDE
from geomgen.report.quantities.similarity import PREDICTED, SUMMARY
from geomgen.store.run import Run
from tests.report.claims.judging import judgement, value, verdict
from tests.report.made_up_runs import RunMaker, summary_row

WIDTHS = (SMALLEST, SMALL, WIDE, LARGE)


def untrained(make_run: RunMaker, offset: float, power: float) -> list[Run]:
    """Return networks before training, whose cosines are off the predicted ones by a power of the width."""
    return [
        make_run(
            tables={SUMMARY: [
                summary_row("initial", "data", 0.56 + offset + seed / 1000, 0.08,
                            infinite_width_rmse=width**power * (1 + seed / 1000)),
                summary_row("initial", PREDICTED, 0.56, 0.08),
            ]},
            epochs=1, train_size=1, bias=bias, seed=seed, width=width,
        )
        for seed in range(3) for bias, width in ((True, LARGE), *((False, width) for width in WIDTHS))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("offset", "power", "said"),
    [(0.0, -0.5, "holds"), (0.05, -0.5, "does not hold"), (0.0, -0.2, "does not hold"), (0.0, -1.0, "does not hold")],
)
def test_both_the_mean_and_the_rate_have_to_be_predicted(
    make_run: RunMaker, offset: float, power: float, said: str
) -> None:
    assert verdict(untrained(make_run, offset, power), "T1.20") == said


def trained(make_run: RunMaker, changes: dict[int, float], **other: float) -> list[Run]:
    """Return trained networks whose mean cosine changes by so much at each width; and the common mode, if not alike."""

    def rows(change: float, shift: float) -> list[Any]:
        common = 0.5 + other.get("common", change) + shift
        return [
            summary_row("initial", "data", 0.6, 0.08, common_mode=0.5),
            summary_row("initial", "data", 0.0, 0.2, "centred-cosine"),
            summary_row("final", "data", 0.6 + change + shift, 0.2, common_mode=common),
            summary_row("final", "data", 0.0, other.get("spread", 0.3) + shift, "centred-cosine"),
        ]

    return [
        make_run(tables={SUMMARY: rows(change, seed / 1000)}, seed=seed, width=width)
        for seed in range(3) for width, change in changes.items()
    ]  # fmt: skip


TURNS = {SMALLEST: -0.4, SMALL: -0.3, WIDE: 0.1, LARGE: 0.3}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (TURNS, "holds"),
        (dict.fromkeys(WIDTHS, -0.3), "does not hold"),
        ({width: -change for width, change in TURNS.items()}, "does not hold"),
        (TURNS | {SMALL: 0.2, WIDE: -0.2}, "does not hold"),
        (TURNS | {SMALL: 0.0005, WIDE: -0.0015}, "undecided"),
    ],
)
def test_where_training_turns(make_run: RunMaker, changes: dict[int, float], said: str) -> None:
    assert verdict(trained(make_run, changes), "T1.21") == said


def test_the_width_of_the_turn_lies_on_a_logarithmic_axis(make_run: RunMaker) -> None:
    runs = trained(make_run, TURNS)
    assert value(runs, "T1.21") == pytest.approx(512 * 4**0.75, rel=0.01)
    assert "between 512 and 2048" in judgement(runs, "T1.21").evidence


@pytest.mark.parametrize(
    ("other", "said"),
    [({}, "holds"), ({"common": 0.0}, "does not hold"), ({"spread": 0.1}, "does not hold")],
)
def test_whether_the_mean_explains_it(make_run: RunMaker, other: dict[str, float], said: str) -> None:
    assert verdict(trained(make_run, TURNS, **other), "T1.22") == said
