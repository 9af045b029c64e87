"""The Gaussian process that random networks of infinite width are."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Reals = NDArray[np.floating[Any]]
"""Arrays of one shape, or of shapes that broadcast; of float32 or float64, as results are then too."""
Moments = Callable[[Reals, Reals, Reals], Reals]
"""E[f(u) f(u')] of normal u, u', from their covariance and their variances."""


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
        kernel = np.asarray(sigma_b**2 + sigma_w**2 * relu_moments(kernel, *_variances(kernel)), np.float64)
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
        moments = relu_moments(kernel, *_variances(kernel))
        tangent = np.asarray(sigma_w**2 * both_positive(kernel) * tangent + size * moments + learnt, np.float64)
        kernel = np.asarray(sigma_b**2 + sigma_w**2 * moments, np.float64)
    return tangent


def both_positive(covariance: Matrix) -> Matrix:
    """Return P(u_i > 0, u_j > 0) of u ~ N(0, K).

    Args:
        covariance: K, ``(m, m)``.
    """
    left, right = _variances(covariance)
    angle = np.arccos(np.clip(cosines(covariance, left, right), -1, 1))
    return np.where(left * right > 0, (math.pi - angle) / (2 * math.pi), 0.0)


def _variances(covariance: Matrix) -> tuple[Matrix, Matrix]:
    """Return the variances of the rows and of the columns of a covariance."""
    variance = np.diag(covariance)
    return variance[:, None], variance


def cosines(covariance: Reals, left: Reals, right: Reals) -> Reals:
    """Return K / sqrt(left right); 0 where a variance is 0.

    Args:
        covariance: K.
        left: Variances of one side, to be broadcast against K.
        right: Variances of the other side.
    """
    product = np.sqrt(left) * np.sqrt(right)
    return np.asarray(np.divide(covariance, product, out=np.zeros_like(covariance), where=product > 0))


def relu_moments(covariance: Reals, left: Reals, right: Reals) -> Reals:
    r"""Return E[relu(u) relu(u')]: sqrt(left right) (sqrt(1 - c^2) + c (pi - arccos c)) / (2 pi), c the cosine.

    Arguments as of `cosines`.

    Source:
        Cho and Saul (2009).
    """
    product, cosine = np.sqrt(left) * np.sqrt(right), np.clip(cosines(covariance, left, right), -1, 1)
    return np.asarray(product * (np.sqrt(1 - cosine**2) + cosine * (math.pi - np.arccos(cosine))) / (2 * math.pi))


def square_moments(covariance: Reals, left: Reals, right: Reals) -> Reals:
    """Return E[u^2 u'^2] = left right + 2 K^2. Arguments as of `cosines`."""
    return left * right + 2 * covariance**2


def identity_moments(covariance: Reals, _left: Reals, _right: Reals) -> Reals:
    """Return E[u u'] = K. Arguments as of `cosines`."""
    return covariance


def normalised(moments: Moments) -> Moments:
    """Return the moments where u and u' are divided by their standard deviations first: after layer normalisation.

    At infinite width a layer's mean over units is 0, and its variance that of u.

    Args:
        moments: Of what follows.
    """

    def of_unit_variance(covariance: Reals, left: Reals, right: Reals) -> Reals:
        return moments(cosines(covariance, left, right), np.ones_like(left), np.ones_like(right))

    return of_unit_variance


MOMENTS: Mapping[str, Moments] = MappingProxyType({
    "relu": relu_moments,
    "square": square_moments,
    "identity": identity_moments,
})
"""By activation; that of others has no closed form here."""
