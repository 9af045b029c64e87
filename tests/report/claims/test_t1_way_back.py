"""Verdicts on made-up ways back: one that leads back, one that does not, and a null that leaves all as it was."""

from typing import Any

import pytest

from geomgen.store.run import Run
from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_gone_on import Numbers, measured, went_on
from tests.report.made_up_runs import RunMaker

BEFORE, TRAINED = Numbers(700, 0.6, 550), Numbers(1600, 0.25, 1200, 0.98)
WAYS: dict[str, dict[str, Any]] = {
    "decay": {"weight_decay": 1.0, "epochs": 3}, "noise": {"label_noise": 0.5, "epochs": 3},
    "subset": {"train_size": 1000, "epochs": 60},
}  # fmt: skip
SEEDS = range(3)


def _trained(make_run: RunMaker) -> list[Run]:
    return [measured(make_run, BEFORE, TRAINED.plus(seed), seed=seed) for seed in SEEDS]


def _ways(make_run: RunMaker, trained: list[Run], end: Numbers, from_start: Numbers, *names: str) -> list[Run]:
    """Return the runs of ways that all end alike, and of the same from the start."""
    return [
        went_on(make_run, source, state, begun, last.plus(0.5 * seed), seed=seed, **WAYS[name])
        for name in names
        for seed, source in enumerate(trained)
        for state, begun, last in (("final", TRAINED.plus(seed), end), ("initial", BEFORE, from_start))
    ]


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (Numbers(800, 0.55, 600, 0.975), "holds"),
        (Numbers(800, 0.55, 1500, 0.975), "does not hold"),
        (Numbers(800, 0.55, 600, 0.5), "does not hold"),
        (TRAINED, "does not hold"),
    ],
)
def test_leading_back_takes_volume_similarity_correlation_and_accuracy(
    make_run: RunMaker, end: Numbers, said: str
) -> None:
    trained = _trained(make_run)
    runs = [*trained, *_ways(make_run, trained, end, end, "decay")]
    assert verdict(runs, "T1.19b") == said
    shares = [it.estimate.value for it in judgement(runs, "T1.19b").findings]
    gone = [
        (1600 - end.log_det) / 900,
        (0.25 - end.cosine) / -0.35,
        (1200 - end.correlation) / 650,
        end.accuracy - 0.98,
    ]
    assert shares == pytest.approx(gone, abs=0.003)


@pytest.mark.parametrize(("end", "said"), [(1500, "holds"), (800, "does not hold")])
def test_it_is_hard_to_go_back_if_every_way_ends_farther_than_from_the_start(
    make_run: RunMaker, end: float, said: str
) -> None:
    trained = _trained(make_run)
    runs = [*trained, *_ways(make_run, trained, Numbers(end, 0.3, 1000, 0.97), Numbers(790, 0.5, 700, 0.97), *WAYS)]
    assert verdict(runs, "T1.19c") == said
    assert [it.estimate.value for it in judgement(runs, "T1.19c").findings] == pytest.approx(
        [(end - 790) / 900] * 3, abs=0.003
    )


@pytest.mark.parametrize(
    ("change", "accuracy", "said"),
    [(-100, 0.98, "holds"), (100, 0.98, "does not hold"), (-100, 0.9, "does not hold"), (0, 0.98, "undecided")],
)
def test_students_beside_their_teachers(make_run: RunMaker, change: float, accuracy: float, said: str) -> None:
    teachers = _trained(make_run)
    later = [measured(make_run, BEFORE, Numbers(0, 0, 0, 0.1), seed=seed) for seed in SEEDS]
    students = [
        measured(
            make_run, BEFORE, Numbers(1600 + change + 2 * seed + shift, 0.3, 1000, accuracy + 1e-4 * seed),
            seed=100 + 10 * place + seed, teacher=str(teacher.path),
        )
        for seed, teacher in enumerate(teachers)
        for place, shift in enumerate((-3, 1))
    ]  # fmt: skip
    found = judgement([*teachers, *later, *students], "T1.19a")
    assert found.verdict == said
    assert found.findings[0].estimate.value == pytest.approx(change / 900, abs=1e-3)
    assert [it.estimate.count for it in found.findings] == [3, 3]
    assert verdict(teachers, "T1.19a") == "not yet measured"
    assert verdict([*teachers, students[0]], "T1.19a") == "undecided"


def test_networks_that_were_trained_in_other_ways_do_not_count(make_run: RunMaker) -> None:
    others = [measured(make_run, BEFORE, TRAINED, seed=seed, lr=0.1) for seed in SEEDS]
    ways = _ways(make_run, others, Numbers(800, 0.55, 600, 0.975), TRAINED, *WAYS)
    assert {verdict([*others, *ways], f"T1.19{letter}") for letter in "abc"} == {"not yet measured"}
