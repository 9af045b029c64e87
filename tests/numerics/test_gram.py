"""Spectra against a dense singular value decomposition."""

import numpy as np
import pytest
import torch

from geomgen.numerics.gram import centred_gram, centred_spectrum


@pytest.mark.parametrize(("n", "p"), [(50, 3), (200, 30), (4500, 17), (20, 33)])
def test_squares_are_those_of_the_singular_values(n: int, p: int) -> None:
    data = torch.randn(n, p, generator=torch.Generator().manual_seed(0)) + 3.0
    squares, column_squares = centred_spectrum(data)
    centred = data.double().numpy() - data.double().numpy().mean(0)
    expected = np.zeros(p)
    values = np.linalg.svd(centred, compute_uv=False)
    expected[: len(values)] = values**2
    # The Gram matrix carries an absolute error of about p eps times its largest eigenvalue.
    np.testing.assert_allclose(squares, expected, rtol=1e-12, atol=p * 2.3e-16 * expected[0] * 10)
    np.testing.assert_allclose(column_squares, (centred**2).sum(0), rtol=1e-12)


def test_only_the_lower_triangle_is_promised() -> None:
    data = torch.randn(100, 20, generator=torch.Generator().manual_seed(0))
    centred = data.double() - data.double().mean(0)
    np.testing.assert_allclose(centred_gram(data).tril(), (centred.T @ centred).tril(), rtol=0, atol=1e-11)
