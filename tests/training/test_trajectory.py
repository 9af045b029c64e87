"""Distances against numpy, and the error bar of the path length against repeated sampling."""

import math
from dataclasses import asdict

import numpy as np
import pytest
import torch

from geomgen.training.trajectory import RunningMean, Trajectory, distance, length


def test_distance_and_length_are_euclidean() -> None:
    left, right = torch.tensor([3.0, 0.0, 1.0]), torch.tensor([0.0, 0.0, -3.0])
    assert distance(left, right) == 5.0
    assert length(left) == pytest.approx(math.sqrt(10), rel=1e-15)


def test_length_does_not_lose_small_numbers_in_float32() -> None:
    vector = torch.full((3_000_000,), 1e-3)
    assert length(vector) == pytest.approx(float(np.float32(1e-3)) * math.sqrt(3_000_000), rel=1e-12)


def test_running_mean_agrees_with_numpy() -> None:
    values = np.random.default_rng(0).normal(5, 2, 50)
    running = RunningMean()
    for value in values:
        running.add(float(value))
    assert running.mean == pytest.approx(values.mean(), rel=1e-12)
    assert running.stderr(10**9) == pytest.approx(values.std(ddof=1) / math.sqrt(50), rel=1e-6)


def test_stderr_is_zero_if_all_was_seen_and_unknown_from_one_number() -> None:
    running = RunningMean()
    running.add(1.0)
    assert running.stderr(1) == 0.0
    assert math.isnan(running.stderr(10))


def test_path_length_is_exact_if_every_step_is_measured() -> None:
    trajectory = Trajectory()
    for step_length in (1.0, 2.0):
        trajectory.add(step_length, 1.0)
    trajectory = trajectory.next_epoch(2)
    for step_length in (3.0, 4.0):
        trajectory.add(step_length, 1.0)
    assert trajectory.path_length(2) == (10.0, 0.0)


def test_interval_of_the_path_length_covers_the_truth_in_93_to_97_percent() -> None:
    source = np.random.default_rng(1)
    repeats, steps, measured = 4000, 200, 40
    covered = 0
    for _ in range(repeats):
        lengths = source.gamma(4.0, size=(2, steps))
        trajectory = Trajectory()
        for epoch in lengths:
            for step_length in source.choice(epoch, measured, replace=False):
                trajectory.add(float(step_length), 0.0)
            trajectory = trajectory.next_epoch(steps)
        estimate, stderr = trajectory.past_length, math.sqrt(trajectory.past_variance)
        covered += abs(estimate - lengths.sum()) < 1.96 * stderr
    assert 0.93 <= covered / repeats <= 0.97


def test_mapping_round_trip_keeps_every_number() -> None:
    trajectory = Trajectory()
    trajectory.add(1.5, 0.1)
    assert Trajectory.from_mapping(asdict(trajectory)) == trajectory
