"""Similarities of all pairs against all pairs written out in float64, and their error bars against exact truths."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from geomgen.config.train import TrainConfig
from geomgen.measures.activations import activations, chosen_layers, controlled
from geomgen.measures.similarity import (
    COMPARE,
    QUANTILES,
    RANGE,
    Similarity,
    histogram_rows,
    similarities,
    summary_row,
)
from geomgen.models.build import build_model
from geomgen.numerics.pairs import BLOCK_ROWS
from geomgen.numerics.seeds import generator
from geomgen.theory.similarity import gaussian_distance

KEYS = {"layer": "hidden2", "site": "pre", "state": "initial", "condition": "data"}
# A float32 product of vectors is off by a few times p^(1/2) 2^-24 of their lengths; so are the values.
ROUNDING = 1e-5


def _correlated(n: int, p: int, seed: int = 0) -> Tensor:
    source = torch.Generator().manual_seed(seed)
    return torch.randn(n, p, generator=source) * torch.linspace(0.1, 2, p) + torch.randn(p, generator=source)


def _all_pairs(data: Tensor, metric: str) -> np.ndarray:
    rows = data.double()
    if metric == "centred-cosine":
        rows -= rows.mean(0)
    if metric == "l2":
        distances = torch.nn.functional.pdist(rows)
        return np.asarray(distances / distances.square().mean().sqrt())
    units = rows / rows.norm(dim=1, keepdim=True)
    return np.asarray((units @ units.T)[*torch.triu_indices(len(rows), len(rows), 1)])


@pytest.mark.parametrize("n", [7, BLOCK_ROWS, 2 * BLOCK_ROWS + 137])
@pytest.mark.parametrize("metric", COMPARE)
def test_every_pair_is_counted_as_in_float64(n: int, metric: str) -> None:
    data = _correlated(n, 31)
    (found,) = similarities(data, [metric], bins=40)
    exact = _all_pairs(data, metric)
    low, high = RANGE[metric]
    assert int(found.counts.sum()) == n * (n - 1) // 2
    edges = np.linspace(low, high, 41)
    expected, _ = np.histogram(exact, edges)
    near = [int((np.abs(exact - edge) < ROUNDING).sum()) for edge in edges]
    assert (np.abs(found.counts.numpy() - expected) <= np.add(near[:-1], near[1:])).all()
    assert found.mean == pytest.approx(exact.mean(), abs=1e-6)
    assert found.std == pytest.approx(exact.std(), rel=1e-5)
    assert found.skewness == pytest.approx(((exact - exact.mean()) ** 3).mean() / exact.std() ** 3, abs=1e-3)
    if n > 100:
        np.testing.assert_allclose(found.quantiles, np.quantile(exact, QUANTILES), atol=2 * (high - low) / 2**16)


def test_both_metrics_come_from_one_pass_and_leave_the_data_alone() -> None:
    data = _correlated(50, 8)
    before = data.clone()
    both = similarities(data, ["l2", "cosine"], bins=10)
    assert torch.equal(data, before)
    for found in both:
        (alone,) = similarities(data, [found.metric], bins=10)
        assert torch.equal(alone.counts, found.counts)
        assert (alone.mean, alone.std) == (found.mean, found.std)
    scale = float(torch.nn.functional.pdist(data.double()).square().mean().sqrt())
    assert [found.scale for found in both] == [pytest.approx(scale, rel=1e-6), 1.0]


def test_distances_of_almost_equal_rows_keep_their_digits() -> None:
    data = 1000 + _correlated(60, 20)
    (found,) = similarities(data, ["l2"], bins=10)
    assert found.std == pytest.approx(_all_pairs(data, "l2").std(), rel=1e-4)


def test_rows_of_zeros_are_told_and_count_as_orthogonal() -> None:
    data = torch.cat([torch.zeros(3, 5), torch.ones(4, 5)])
    (found,) = similarities(data, ["cosine"], bins=2)
    assert found.num_zero == 3
    assert int(found.counts.sum()) == 21
    assert found.mean == pytest.approx(6 / 21, rel=1e-6)


def test_rows_equal_to_the_mean_are_told_too() -> None:
    data = torch.tensor([[1.0, 1.0], [2.0, 1.0], [0.0, 1.0]])
    (found,) = similarities(data, ["centred-cosine"], bins=2)
    assert found.num_zero == 1
    assert found.mean == pytest.approx(-1 / 3)


def test_the_common_mode_is_the_share_of_the_mean() -> None:
    data = _correlated(300, 20)
    rows = data.double()
    (found,) = similarities(data, ["cosine"], bins=2)
    share = float(rows.mean(0).square().sum() / rows.square().sum(1).mean())
    assert found.common_mode == pytest.approx(share, rel=1e-6)
    assert [similarities(torch.ones(4, 3) * length, ["l2"], bins=2)[0].common_mode for length in (1, 0)] == [
        1.0,
        pytest.approx(math.nan, nan_ok=True),
    ]


@pytest.mark.parametrize("n", [7, BLOCK_ROWS + 137])
def test_predicted_cosines_have_a_distribution_of_their_own(n: int) -> None:
    data, other = _correlated(n, 31), _correlated(n, 31, seed=1)
    units = torch.nn.functional.normalize(other)
    (found,) = similarities(data, ["cosine"], 40, lambda rows, columns: units[rows] @ units[columns].T)
    (alone,), (predicted,) = (similarities(one, ["cosine"], bins=40) for one in (data, other))
    assert (found.mean, found.std) == (alone.mean, alone.std)
    assert torch.equal(found.counts, alone.counts)
    assert found.limit is not None
    assert [found.limit.mean, found.limit.std] == pytest.approx([predicted.mean, predicted.std])
    assert int(found.limit.counts.sum()) == n * (n - 1) // 2
    deviations = _all_pairs(data, "cosine") - _all_pairs(other, "cosine")
    assert found.limit_rmse == pytest.approx(np.sqrt((deviations**2).mean()), rel=1e-5)
    assert (found.limit.expected, found.limit.common_mode, alone.limit_rmse) == (None, None, None)


def test_rows_that_are_all_alike_have_no_shape() -> None:
    (found,) = similarities(torch.ones(5, 3), ["l2"], bins=4)
    assert (found.scale, found.std, found.counts.tolist()) == (0.0, 0.0, [10, 0, 0, 0])
    assert math.isnan(found.skewness)
    assert found.expected is None


def test_distances_beyond_the_range_count_in_the_last_bin() -> None:
    data = torch.zeros(100, 2)
    data[0, 0] = 5.0
    (found,) = similarities(data, ["l2"], bins=6)
    assert found.counts.tolist() == [4851, 0, 0, 0, 0, 99]


@pytest.mark.parametrize("width", [16, 400])
def test_gaussian_vectors_are_epsilon_orthogonal(width: int) -> None:
    (found,) = similarities(torch.randn(700, width, generator=torch.Generator().manual_seed(1)), ["cosine"], bins=10)
    pairs = int(found.counts.sum())
    # Cosines of different pairs are uncorrelated, and so are their squares; the kurtosis is below 3.
    assert abs(found.mean) < 5 / math.sqrt(width * pairs)
    assert abs(found.std**2 * width - 1) < 5 * math.sqrt(2 / pairs)


def test_permuted_units_have_the_law_of_permutations() -> None:
    data = _correlated(400, 30)
    (found,) = similarities(controlled(data, "control-units", generator(0, "x")), ["cosine"], bins=10)
    ratios = (data.double().mean(1) / data.double().norm(dim=1) * math.sqrt(30)).numpy()
    upper = np.triu_indices(400, 1)
    means = np.outer(ratios, ratios)[upper]
    variances = np.outer(1 - ratios**2, 1 - ratios**2)[upper] / 29
    # Given the rows' values, different pairs are uncorrelated.
    assert abs(found.mean - means.mean()) < 5 * math.sqrt(variances.mean() / len(means))
    assert found.std == pytest.approx(math.sqrt(variances.mean() + means.var()), rel=0.02)


def _angles(n: int, seed: int) -> Tensor:
    angles = 0.7 * torch.randn(n, generator=torch.Generator().manual_seed(seed))
    return torch.stack([angles.cos(), angles.sin()], 1)


def _gaussian(n: int, seed: int) -> Tensor:
    return torch.randn(n, 20, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("metric", "draw", "truth"),
    [
        # E cos(a - b) = exp(-0.7^2) for angles a, b ~ N(0, 0.7^2); |a - b| of Gaussian vectors is a chi number.
        ("cosine", _angles, math.exp(-(0.7**2))),
        ("l2", _gaussian, gaussian_distance(torch.ones(20, dtype=torch.float64)).mean),
    ],
)
def test_the_error_bar_covers_the_exact_mean(metric: str, draw: Callable[[int, int], Tensor], truth: float) -> None:
    repeats = 400
    found = [similarities(draw(150, seed), [metric], bins=2)[0] for seed in range(repeats)]
    covered = sum(abs(one.mean - truth) < 1.96 * (one.mean_stderr or 0) for one in found) / repeats
    # The binomial deviation of 400 repeats at 95 % is 1.1 points.
    assert 0.93 < covered < 0.97


def test_rows_of_the_tables_say_what_was_found() -> None:
    (found,) = similarities(_correlated(50, 8), ["cosine"], bins=4)
    rows = histogram_rows(found, KEYS)
    assert [(row.bin, row.bin_low, row.bin_high) for row in rows] == [
        (0, -1.0, -0.5), (1, -0.5, 0.0), (2, 0.0, 0.5), (3, 0.5, 1.0),
    ]  # fmt: skip
    assert sum(row.count for row in rows) == 1225
    assert sum(row.density * 0.5 for row in rows) == pytest.approx(1.0)
    summary = summary_row(found, KEYS)
    assert (summary.num_pairs, summary.num_samples, summary.dim) == (1225, 50, 8)
    assert summary.q01 <= summary.q05 <= summary.q25 <= summary.q50 <= summary.q75 <= summary.q95 <= summary.q99
    assert summary.expected_mean is not None


def _orthogonal_inputs(width: int) -> Similarity:
    """Return the similarity of a random ReLU layer's activations for 200 inputs at right angles."""
    images = 255 * torch.eye(200, dtype=torch.uint8).view(200, 1, 10, 20)
    config = TrainConfig(width=width, depth=1, init="he").resolved(device="cpu", threads=1)
    model = build_model(config, (1, 10, 20), 2, generator(0, "initial-parameters"))
    taken = activations(model, chosen_layers(model, ["penultimate"]), "post", images)
    (found,) = similarities(taken["hidden1"], ["cosine"], bins=10)
    return found


def test_a_random_relu_layer_takes_right_angles_to_a_cosine_of_1_over_pi() -> None:
    widths = (256, 1024, 4096)
    found = [_orthogonal_inputs(width) for width in widths]
    for width, one in zip(widths, found, strict=True):
        # The ratio of means over width units is off by a term of the order 1/width.
        assert one.mean_stderr is not None
        assert abs(one.mean - 1 / math.pi) < 5 * one.mean_stderr + 2 / width
    slope, _ = np.polyfit(np.log(widths), np.log([one.std for one in found]), 1)
    assert slope == pytest.approx(-0.5, abs=0.05)


@pytest.mark.parametrize("metric", COMPARE)
def test_of_two_rows_there_is_a_mean_without_an_error(metric: str) -> None:
    data = _correlated(2, 31)
    (found,) = similarities(data, [metric], bins=40)
    assert found.mean == pytest.approx(_all_pairs(data, metric).item(), abs=1e-5)
    assert found.mean_stderr is None
    of_three = similarities(_correlated(3, 31), [metric], bins=40)[0].mean_stderr
    assert (of_three is None) == (metric == "centred-cosine")
