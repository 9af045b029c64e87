"""Gradient descent by its residuals is plain gradient descent, and ends at the nearest solution."""

import torch

from geomgen.numerics.descent import gradient_descent
from geomgen.theory.regression import minimum_norm_predictive


def problem(num_samples: int = 6, num_parameters: int = 15) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(0)
    design = torch.randn(num_samples, num_parameters, generator=source, dtype=torch.float64)
    targets = torch.randn(num_samples, 1, generator=source, dtype=torch.float64)
    return design, targets, torch.randn(num_parameters, 4, generator=source, dtype=torch.float64)


def test_the_steps_are_those_of_plain_gradient_descent() -> None:
    design, targets, start = problem()
    eigenvalues = torch.linalg.eigvalsh(design @ design.T)
    rate = 2 / (eigenvalues[0] + eigenvalues[-1])
    parameters = start.clone().requires_grad_()
    for num_steps in range(1, 41):
        loss = (targets - design @ parameters).square().sum() / 2
        (gradient,) = torch.autograd.grad(loss, parameters)
        parameters = (parameters - rate * gradient).detach().requires_grad_()
        if num_steps in {1, 40}:
            found = gradient_descent(design, targets - design @ start, max_steps=num_steps)
            torch.testing.assert_close(start + design.T @ found.dual, parameters.detach(), rtol=1e-12, atol=1e-12)
            assert not found.converged
            assert found.num_steps == num_steps


def test_it_ends_at_the_nearest_interpolating_point() -> None:
    design, targets, start = problem()
    found = gradient_descent(design, targets - design @ start)
    nearest = start + torch.linalg.pinv(design) @ (targets - design @ start)
    assert found.converged
    torch.testing.assert_close(start + design.T @ found.dual, nearest, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(found.residuals, torch.zeros(6, 4, dtype=torch.float64), rtol=0, atol=1e-8)


def test_with_more_samples_than_parameters_it_ends_at_the_least_squares_solution() -> None:
    design, targets, start = problem(20, 3)
    found = gradient_descent(design, targets - design @ start)
    assert found.converged
    torch.testing.assert_close(
        start + design.T @ found.dual, torch.linalg.lstsq(design, targets).solution.expand(3, 4), rtol=1e-9, atol=1e-9
    )


def test_predictions_from_a_normal_prior_are_a_conditioned_gaussian_process() -> None:
    design, targets, _ = problem()
    count, source = 20_000, torch.Generator().manual_seed(1)
    start = torch.randn(15, count, generator=source, dtype=torch.float64)
    test = torch.randn(3, 15, generator=source, dtype=torch.float64)
    found = gradient_descent(design, targets - design @ start, tolerance=1e-8)
    predictions = test @ (start + design.T @ found.dual)
    kernel, cross, prior = (
        (left @ right.T).numpy() for left, right in ((design, design), (test, design), (test, test))
    )
    exact = minimum_norm_predictive(kernel, cross, prior, targets[:, 0].numpy())
    mean, covariance = map(torch.from_numpy, exact)
    variance = covariance.diagonal()
    assert ((predictions.mean(1) - mean).abs() < 5 * (variance / count).sqrt()).all()
    spread = (variance[:, None] * variance + covariance.square()) / count
    assert ((predictions.cov() - covariance).abs() < 5 * spread.sqrt()).all()
