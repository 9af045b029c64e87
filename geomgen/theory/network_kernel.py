"""The Gaussian process that random networks of infinite width are."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def relu_network_kernel(inputs: Matrix, depth: int, sigma_w: float, sigma_b: float) -> Matrix:
    r"""Return the covariance of the outputs of infinitely wide ReLU networks.

    K_0 = sigma_b^2 + sigma_w^2 x.x'/n; with c the cosine of K_l,
    K_{l+1} = sigma_b^2 + sigma_w^2 sqrt(K_l(x, x) K_l(x', x')) (sqrt(1 - c^2) + c (pi - arccos c)) / (2 pi).

    Args:
        inputs: ``(m, n)`` float64.
        depth: Number of hidden layers.
        sigma_w: Weights are N(0, sigma_w^2 / fan_in).
        sigma_b: Biases are N(0, sigma_b^2).

    Returns:
        ``(m, m)``.

    Source:
        Cho and Saul (2009); Lee et al. (2018).
    """
    kernel: Matrix = sigma_b**2 + sigma_w**2 * inputs @ inputs.T / inputs.shape[1]
    for _ in range(depth):
        kernel = sigma_b**2 + sigma_w**2 * relu_moments(kernel)
    return kernel


def relu_tangent_kernel(
    inputs: Matrix, sizes: Sequence[int], sigma_w: float, sigma_b: float, *, bias: bool, wide: bool = False
) -> Matrix:
    r"""Return the mean of the sum of df(x)/dp df(x')/dp over the parameters p of ReLU networks as they are drawn.

    With K_l as of `relu_network_kernel` and u_l ~ N(0, K_l), layer l adds to it
    (n_l E[relu(u_l) relu(u_l')] + 1) times the product of sigma_w^2 P(u_k > 0, u_k' > 0) over the layers k above, n_l
    the units before it; the 1 is of the biases, and below the first layer there is x.x'. Each layer is taken to see the
    mean of the kernel before it, which is exact for one hidden layer, and otherwise as the widths grow.

    Args:
        inputs: ``(m, n)`` float64.
        sizes: Units of each hidden layer.
        sigma_w: Weights are N(0, sigma_w^2 / fan_in).
        sigma_b: Biases are N(0, sigma_b^2).
        bias: Whether there are biases to learn.
        wide: Whether to leave out what does not grow with the widths: the first layer, and the biases.

    Returns:
        ``(m, m)``.

    Source:
        Jacot, Gabriel and Hongler (2018), without their factors 1/sqrt(fan_in) of the weights.
    """
    kernel: Matrix = sigma_b**2 + sigma_w**2 * inputs @ inputs.T / inputs.shape[1]
    learnt = float(bias and not wide)
    tangent = np.zeros_like(kernel) if wide else learnt + inputs @ inputs.T
    for size in sizes:
        moments = relu_moments(kernel)
        tangent = sigma_w**2 * both_positive(kernel) * tangent + size * moments + learnt
        kernel = sigma_b**2 + sigma_w**2 * moments
    return np.asarray(tangent)


def relu_moments(covariance: Matrix) -> Matrix:
    """Return E[relu(u_i) relu(u_j)] of u ~ N(0, K).

    Args:
        covariance: K, ``(m, m)``.
    """
    product, cosine = _cosines(covariance)
    return np.asarray(product * (np.sqrt(1 - cosine**2) + cosine * (math.pi - np.arccos(cosine))) / (2 * math.pi))


def both_positive(covariance: Matrix) -> Matrix:
    """Return P(u_i > 0, u_j > 0) of u ~ N(0, K).

    Args:
        covariance: K, ``(m, m)``.
    """
    product, cosine = _cosines(covariance)
    return np.where(product > 0, (math.pi - np.arccos(cosine)) / (2 * math.pi), 0.0)


def _cosines(covariance: Matrix) -> tuple[Matrix, Matrix]:
    """Return the products of standard deviations, and the correlations; 0 where there is no variance."""
    scale = np.sqrt(np.diag(covariance))
    product = np.outer(scale, scale)
    cosine = np.divide(covariance, product, out=np.zeros_like(covariance), where=product > 0)
    return product, np.clip(cosine, -1, 1)
