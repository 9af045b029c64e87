"""Bounds on the test error against published numbers, exact frequencies and classes whose growth is known."""

import math

import numpy as np
import pytest

from geomgen.theory.generalisation_bounds import (
    finite_class_bound,
    growth_bound,
    marginal_likelihood_bound,
    relu_log2_growth,
    restricted_prior_bound,
)

DELTA = 2**-10


def test_both_forms_of_the_marginal_likelihood_bound_have_their_published_values() -> None:
    assert marginal_likelihood_bound(-100, 1000, DELTA) == pytest.approx(0.1146, abs=5e-5)
    assert restricted_prior_bound(-100, 1000, DELTA) == pytest.approx(0.1014, abs=5e-5)


def test_a_single_draw_costs_the_logarithm_of_its_chance() -> None:
    once = restricted_prior_bound(-100, 1000, DELTA, gamma=0.05)
    assert -1000 * math.log1p(-once) == pytest.approx(100 - math.log(DELTA) - math.log(0.05))


def test_a_prior_that_is_uniform_over_all_functions_says_no_more_than_a_coin() -> None:
    assert 0.5 < restricted_prior_bound(-1000 * math.log(2), 1000, DELTA) < 0.51


def test_the_bound_for_the_restricted_prior_fails_as_rarely_as_it_says() -> None:
    """Thirty classifiers with errors .02 to .6, a prior over them, training sets of 40 samples drawn 4,000 times."""
    generator = np.random.default_rng(5)
    errors, prior, delta = np.linspace(0.02, 0.6, 30), generator.dirichlet(np.ones(30)), 0.1
    fits = generator.random((4000, 30)) < (1 - errors) ** 40
    mass = fits @ prior
    seen = mass > 0
    mean_error = (fits @ (prior * errors))[seen] / mass[seen]
    bounds = np.array([restricted_prior_bound(math.log(each), 40, delta) for each in mass[seen]])
    assert np.mean(mean_error > bounds) <= delta
    assert np.mean(mean_error > bounds / 2) > 0


def test_one_function_alone_leaves_the_confidence() -> None:
    assert finite_class_bound(0, 100, 0.05) == pytest.approx(1 - 0.05**0.01)


def test_a_class_that_can_do_every_labelling_is_not_bounded() -> None:
    assert growth_bound(relu_log2_growth(49, [512, 512], 200), 100, 0.05) == 1


def test_growth_of_half_planes_lies_above_the_exact_count_of_labellings() -> None:
    """Cover's count for n points in general position in d dimensions: 2 sum_{k <= d} C(n - 1, k)."""
    points, inputs = 1000, 3
    exact = math.log2(2 * sum(math.comb(points - 1, k) for k in range(inputs + 1)))
    assert exact < relu_log2_growth(inputs, [], points) < 2 * exact


def test_uniform_bound_shrinks_as_samples_outnumber_parameters() -> None:
    bounds = [growth_bound(relu_log2_growth(2, [3], 2 * m), m, 0.05) for m in (1000, 10_000, 100_000)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] < 0.02
