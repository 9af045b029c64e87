"""Verdicts on the fifth text's claims on regression, and that runs of other settings do not change them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from geomgen.report.claims.t5_regression import fraction
from geomgen.store.run import Run
from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_regressions import double_descent, polynomial_run, rff_run

FEATURES = ("T5.2", "T5.3a", "T5.10")


def features_runs(root: Path) -> list[Run]:
    return [
        rff_run(root, seed, samples=samples) for samples in (100, 200, 300) for seed in range(3 if samples < 300 else 1)
    ]


def test_a_fraction_is_exact() -> None:
    assert (fraction([True, False]).value, fraction([True]).low) == (0.5, 1.0)


@pytest.mark.parametrize("claim_id", FEATURES)
def test_a_double_descent_over_features(claim_id: str, tmp_path: Path) -> None:
    assert verdict(features_runs(tmp_path), claim_id) == "holds"


@pytest.mark.parametrize("claim_id", FEATURES)
@pytest.mark.parametrize(
    "other",
    [
        {"bandwidth": 2.0},
        {"test_samples": 500},
        {"label_noise": 0.1},
        {"digest": "0000000000000000"},
        {"ridge": (0.1,)},
    ],
)
def test_a_run_of_another_setting_changes_nothing(claim_id: str, other: dict[str, object], tmp_path: Path) -> None:
    runs = features_runs(tmp_path)
    before = judgement(runs, claim_id)

    def falling(features: int, _samples: int, _seed: int) -> float:
        return features / 1000

    runs.append(rff_run(tmp_path, 0, falling, samples=200, **other))  # type: ignore[arg-type]
    after = judgement(runs, claim_id)
    assert (after.verdict, after.evidence) == (before.verdict, before.evidence)


@pytest.mark.parametrize(
    ("claim_id", "error"),
    [
        ("T5.2", lambda features, _samples, seed: 1 / features + seed),
        ("T5.2", lambda features, samples, seed: double_descent(features, samples, seed) + features / samples),
        ("T5.3a", lambda features, samples, seed: double_descent(features, 4 * samples, seed)),
        ("T5.10", lambda features, samples, seed: double_descent(features, samples, seed) if features <= samples
         else features / samples / 100 * (1 + 0.1 * seed)),
    ],
)  # fmt: skip
def test_what_fails(claim_id: str, error: Callable[[int, int, int], float], tmp_path: Path) -> None:
    runs = [rff_run(tmp_path, seed, error, samples=samples) for samples in (100, 200, 300) for seed in range(3)]
    assert verdict(runs, claim_id) == "does not hold"


def test_a_norm_that_rises_past_the_peak_fails(tmp_path: Path) -> None:
    runs = [
        rff_run(tmp_path, seed, norm=lambda features: features ** (0.5 + 0.01 * features % 0.02)) for seed in range(3)
    ]
    assert verdict(runs, "T5.10") == "does not hold"


def test_one_seed_or_two_sizes_are_too_few(tmp_path: Path) -> None:
    runs = [rff_run(tmp_path, 0, samples=samples) for samples in (100, 200)]
    assert [verdict(runs, claim_id) for claim_id in FEATURES] == ["undecided", "not yet measured", "undecided"]


@pytest.mark.parametrize(
    ("bias", "lowest", "said"),
    [
        (lambda degree: 1 / (degree + 1), 4, "holds"),
        (lambda degree: degree + 1.0, 4, "does not hold"),
        (lambda degree: 1 / (degree + 1), 10, "does not hold"),
    ],
)
@pytest.mark.parametrize("num_seeds", [1, 3])
def test_a_classical_u(bias: Callable[[int], float], lowest: int, said: str, num_seeds: int, tmp_path: Path) -> None:
    runs = [polynomial_run(tmp_path, seed, bias, lowest) for seed in range(num_seeds)]
    assert verdict(runs, "T5.1") == said


def test_all_runs_of_the_default_problem_make_the_u(tmp_path: Path) -> None:
    runs = [
        polynomial_run(tmp_path, seed, lambda degree: 1 / (degree + 1), lowest=10 if seed == 1 else 4)
        for seed in range(3)
    ]
    assert verdict(runs, "T5.1") == "does not hold"
    other = polynomial_run(tmp_path, 3, lambda degree: degree + 1.0, noise_variance=0.5)
    assert judgement([runs[0], other], "T5.1").evidence == judgement(runs[:1], "T5.1").evidence
