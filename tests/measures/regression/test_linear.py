"""The line fitted by three models, against its exact posterior and against gradient descent on all parameters."""

import math
from typing import Any

import pytest
import torch

from geomgen.config.regress import LinearConfig
from geomgen.measures.regression.linear import MODELS, draw_points, jacobian, linear
from geomgen.numerics.seeds import generator
from geomgen.tables.regression import LinearSummaryRow


def silent(*_arguments: Any) -> None:
    """Tell nobody."""


def summaries(**options: Any) -> dict[str, LinearSummaryRow]:
    return {row.model: row for row in linear(LinearConfig(**options), silent)[0]}


def z_scores(row: LinearSummaryRow, mean: float, variance: float) -> tuple[float, float]:
    expected = math.sqrt(variance / row.repetitions), variance * math.sqrt(2 / (row.repetitions - 1))
    return abs(row.slope_mean - mean) / expected[0], abs(row.slope_variance - variance) / expected[1]


def test_overparameterised_models_sample_the_exact_posterior() -> None:
    found = summaries(samples=12, terms=20, repetitions=20_000, seed=3)
    for model in ("slight", "very"):
        row = found[model]
        assert max(z_scores(row, row.posterior_mean, row.posterior_variance)) < 5
        assert row.ks_distance < 1.95 / math.sqrt(row.repetitions) + 0.01  # p < 0.001, and terms that are not normal
        assert (row.theory_mean, row.theory_variance) == pytest.approx((row.posterior_mean, row.posterior_variance))


def test_the_ordinary_model_ends_at_one_slope_from_everywhere() -> None:
    inputs, targets = draw_points(LinearConfig(samples=12))
    row = summaries(samples=12, terms=2, repetitions=50)["ordinary"]
    assert row.slope_mean == pytest.approx(float(inputs @ targets / (inputs @ inputs)), rel=1e-12)
    assert row.slope_variance < 1e-24
    assert row.theory_variance == 0


def test_terms_as_published_weigh_the_noise_threefold() -> None:
    row = summaries(samples=12, terms=20, repetitions=20_000, term_prior="published")["very"]
    assert max(z_scores(row, row.theory_mean, row.theory_variance)) < 5
    assert abs(row.theory_mean - row.posterior_mean) > 5 * row.slope_mean_stderr


@pytest.mark.parametrize("term_prior", ["unit", "published"])
def test_ends_are_those_of_descent_on_every_parameter(term_prior: str) -> None:
    config = LinearConfig(samples=4, terms=3, repetitions=5, term_prior=term_prior, seed=1)
    inputs, targets = draw_points(config)
    rows = [row for row in linear(config, silent)[1] if row.model == "very"]
    derivative = jacobian("very", inputs, config)
    source = generator(config.seed, "regress-linear/prior-very")
    slopes = torch.randn(5, generator=source, dtype=torch.float64)
    bound = math.sqrt(3) if term_prior == "unit" else 1.0
    terms = torch.empty(5, 4, 3, dtype=torch.float64).uniform_(-bound, bound, generator=source)
    start = torch.cat([slopes[:, None], terms.flatten(1)], dim=1).T
    parameters = start.clone()
    for _ in range(3000):
        parameters += 0.1 * derivative.T @ (targets[:, None] - derivative @ parameters)
    assert [row.slope for row in rows] == pytest.approx(parameters[0].tolist(), rel=1e-9)
    assert [row.distance for row in rows] == pytest.approx((parameters - start).norm(dim=0).tolist(), rel=1e-9)


def test_the_end_is_the_nearest_point_of_a_surface_of_dimension_k_minus_n() -> None:
    found = summaries(samples=10, terms=7, repetitions=30)
    assert [found[model].num_parameters for model in MODELS] == [1, 11, 71]
    assert [found[model].manifold_dim for model in MODELS] == [0, 1, 61]
    assert all(row.max_deviation < 1e-9 and row.converged for row in found.values())
