"""The Gaussian process that random networks of infinite width are."""

import math

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


def relu_moments(covariance: Matrix) -> Matrix:
    """Return E[relu(u_i) relu(u_j)] of u ~ N(0, K).

    Args:
        covariance: K, ``(m, m)``.
    """
    scale = np.sqrt(np.diag(covariance))
    product = np.outer(scale, scale)
    cosine = np.clip(np.divide(covariance, product, out=np.zeros_like(covariance), where=product > 0), -1, 1)
    return np.asarray(product * (np.sqrt(1 - cosine**2) + cosine * (math.pi - np.arccos(cosine))) / (2 * math.pi))
