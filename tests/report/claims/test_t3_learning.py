"""Verdicts on occupancy and the scaling of volume, on made-up chains: nulls do not pass."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from geomgen.config.llc import LlcConfig
from geomgen.report.claims.t3_learning import DECISIVE, EQUAL_DEPTH, OUTWEIGHED
from geomgen.store.run import Run
from geomgen.theory.learning import occupancy_ratio
from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_learning import ROW, basins_run, measured_run
from tests.report.made_up_runs import RunMaker

Law = Callable[[LlcConfig], float]


def _boltzmann(config: LlcConfig) -> float:
    return occupancy_ratio(config.curvatures, config.other_curvatures, 144.765, config.depth_difference)


def _depth_alone(config: LlcConfig) -> float:
    return math.exp(-144.765 * config.depth_difference)


def _volume_alone(config: LlcConfig) -> float:
    return occupancy_ratio(config.curvatures, config.other_curvatures)


def _runs(folder: Path, law: Law) -> list[Run]:
    return [
        basins_run(folder, replace(config, seed=seed), law(config) * (1 + 0.01 * (seed - 1)))
        for config in (*EQUAL_DEPTH, OUTWEIGHED, DECISIVE)
        for seed in range(3)
    ]


@pytest.mark.parametrize(
    ("law", "said"), [(_boltzmann, "holds"), (_depth_alone, "does not hold"), (_volume_alone, "does not hold")]
)
def test_only_volume_against_depth_passes(tmp_path: Path, law: Law, said: str) -> None:
    assert verdict(_runs(tmp_path, law), "T3.7") == said


def test_some_pairs_are_not_enough_and_chains_that_have_not_mixed_say_nothing(tmp_path: Path) -> None:
    assert verdict(_runs(tmp_path, _boltzmann)[:6], "T3.7") == "undecided"
    unmixed = [
        basins_run(tmp_path / "unmixed", replace(EQUAL_DEPTH[0], seed=seed), 9.0, verdict="not mixed", converged=False)
        for seed in range(3)
    ]
    assert verdict(unmixed, "T3.7") == "not yet measured"


def test_a_negative_coefficient_of_the_shallower_basin_is_no_objection(tmp_path: Path) -> None:
    runs = [
        basins_run(tmp_path, replace(DECISIVE, seed=seed), 0.33, llc=-0.7, verdict="negative", converged=False)
        for seed in range(3)
    ]
    assert judgement(runs, "T3.7").findings


def _networks(make_run: RunMaker, llc: float, slope: float) -> list[Run]:
    rows = [
        replace(ROW, llc=llc * (1 + 0.01 * seed), d_log_volume_d_log_tolerance=slope, num_parameters=118)
        for seed in range(3)
    ]
    return [measured_run(make_run, 4, seed, row) for seed, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("llc", "slope", "said"),
    [(10.0, 10.5, "holds"), (10.0, 59.0, "does not hold"), (10.0, 5.0, "does not hold"), (58.0, 59.0, "does not hold")],
)
def test_the_scaling_of_volume_is_the_coefficient_where_half_the_parameters_are_not(
    make_run: RunMaker, llc: float, slope: float, said: str
) -> None:
    """The third and the last: what a quadratic without a weight gives, whatever its volume."""
    assert verdict(_networks(make_run, llc, slope), "T3.10") == said


def test_networks_and_potentials_are_judged_together(make_run: RunMaker, tmp_path: Path) -> None:
    runs = [*_networks(make_run, 10.0, 10.5), *_runs(tmp_path, _boltzmann)]
    assert [verdict(runs, claim) for claim in ("T3.7", "T3.10")] == ["holds", "holds"]
