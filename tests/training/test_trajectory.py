"""Distances against numpy, and the error bar of the path length against repeated sampling."""

import itertools
import math
from dataclasses import asdict

import numpy as np
import pytest
import torch

from geomgen.training.trajectory import StratifiedSum, Trajectory, distance, length, ratio


def test_distance_and_length_are_euclidean() -> None:
    left, right = torch.tensor([3.0, 0.0, 1.0]), torch.tensor([0.0, 0.0, -3.0])
    assert distance(left, right) == 5.0
    assert length(left) == pytest.approx(math.sqrt(10), rel=1e-15)


def test_length_does_not_lose_small_numbers_in_float32() -> None:
    vector = torch.full((3_000_000,), 1e-3)
    assert length(vector) == pytest.approx(float(np.float32(1e-3)) * math.sqrt(3_000_000), rel=1e-12)


def test_nothing_is_a_multiple_of_a_length_of_0() -> None:
    assert (ratio(3.0, 2.0), ratio(0.0, 2.0), ratio(3.0, 0.0), ratio(0.0, 0.0)) == (1.5, 0.0, None, None)


def test_a_sum_of_strata_is_exact_if_all_was_seen() -> None:
    total = StratifiedSum()
    total.add([1.0, 2.0], 2)
    total.add([3.0, 4.0, 5.0], 3)
    assert (total.total, total.variance, total.stderr) == (15.0, 0.0, 0.0)


def test_variance_of_a_stratum_is_that_of_all_samples_of_it() -> None:
    values, size = [1.0, 4.0, 2.0, 8.0, 5.0], 2
    found = []
    for sample in itertools.combinations(values, size):
        found.append(StratifiedSum())
        found[-1].add(sample, len(values))
    totals = np.array([one.total for one in found])
    assert totals.mean() == pytest.approx(sum(values), rel=1e-12)
    assert np.mean([one.variance for one in found]) == pytest.approx(totals.var(), rel=1e-12)


def test_path_length_is_exact_if_every_step_is_measured() -> None:
    trajectory = Trajectory()
    for lengths in ((1.0, 2.0), (3.0, 4.0)):
        for step_length in lengths:
            trajectory.add(step_length, 1.0)
        trajectory.end_stratum(2)
        assert (trajectory.gradients.total, trajectory.num_measured) == (2.0, 2)
        trajectory = trajectory.next_epoch()
    assert (trajectory.path.total, trajectory.path.stderr) == (10.0, 0.0)
    assert (trajectory.gradients, trajectory.num_measured) == (StratifiedSum(), 0)


def test_a_path_is_never_shorter_than_a_distance_that_it_has_bridged() -> None:
    trajectory = Trajectory()
    for step_length in (1.5, 0.5):
        trajectory.add(step_length, 1.0)
    trajectory.end_stratum(4)
    assert trajectory.path_length(3.0) == 4.0
    assert trajectory.path_length(5.0) == 5.0
    assert trajectory.path_length(3.0) == 4.0
    trajectory.bridge(5.0)
    assert trajectory.path_length(3.0) == 5.0
    assert trajectory.next_epoch().path_length(3.0) == 5.0


def test_interval_of_the_path_length_covers_the_truth_in_93_to_97_percent() -> None:
    source = np.random.default_rng(1)
    repeats, num_strata, steps = 1000, 40, 20
    covered = 0
    for _ in range(repeats):
        lengths = source.gamma(4.0, size=(num_strata, steps))
        trajectory = Trajectory()
        for stratum in lengths:
            for step_length in source.choice(stratum, 2, replace=False):
                trajectory.add(float(step_length), 0.0)
            trajectory.end_stratum(steps)
        covered += abs(trajectory.path.total - lengths.sum()) < 1.96 * trajectory.path.stderr
    assert 0.93 <= covered / repeats <= 0.97


def test_mapping_round_trip_keeps_every_number() -> None:
    trajectory = Trajectory()
    trajectory.add(1.5, 0.1)
    assert Trajectory.from_mapping(asdict(trajectory)) == trajectory
    trajectory.end_stratum(1)
    trajectory.bridge(2.5)
    assert Trajectory.from_mapping(asdict(trajectory)) == trajectory
