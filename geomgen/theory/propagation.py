r"""How random ReLU networks pass on the scale and the angle of their inputs, and the scale of gradients.

Linear maps z_l = W_l h_{l-1} + b_l with independent, symmetric weights of variance v_l, biases of variance b, and
h_l = relu(z_l). Mean squares over weights are exact at every width; cosines are those of the limit of infinite width.
With an identity path, z_l = z_{l-1} + W_l h_{l-1} + b_l, all of it is that of infinite width.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from geomgen.theory.network_kernel import Matrix, Moments, Reals, cosines, relu_moments


class LinearMap(NamedTuple):
    """A random linear map.

    Attributes:
        fan_in: Its inputs.
        fan_out: Its outputs.
        weight_variance: Variance of a weight.
        bias_variance: Variance of a bias.
        is_added: Whether the input before its nonlinearity is added to the output.
    """

    fan_in: int
    fan_out: int
    weight_variance: float
    bias_variance: float = 0.0
    is_added: bool = False


def covariances(inputs: Matrix, maps: Sequence[LinearMap]) -> Iterator[Matrix]:
    r"""Yield the covariance of two samples' outputs of each map.

    K_1 = v_1 x.x' + b; K_{l+1} = v_{l+1} fan_in E[relu(u) relu(u')] + b, (u, u') ~ N(0, K_l), plus K_l if that is
    added. With v fan_in = 2 and b = 0 mean squares stay as they are, or double where they are added; with 2/L, L of
    them grow by (1 + 1/L)^L.

    Args:
        inputs: ``(m, n)`` float64.
        maps: From input to output.

    Yields:
        A ``(m, m)`` matrix for each map.

    Source:
        Cho and Saul (2009); He et al. (2015); Yang and Schoenholz (2017) for identity paths.
    """
    first, *others = maps
    last = first.weight_variance * inputs @ inputs.T + first.bias_variance
    yield last
    for one in others:
        variance = np.diag(last)
        last = np.asarray(passed_on(one, last, variance[:, None], variance, relu_moments), np.float64)
        yield last


def passed_on(one: LinearMap, covariance: Reals, left: Reals, right: Reals, moments: Moments) -> Reals:
    """Return the covariance of a map's outputs, given that of what the nonlinearity before it takes.

    Args:
        one: The map.
        covariance: K.
        left: Variances of one side, to be broadcast against K.
        right: Variances of the other side.
        moments: Those after the nonlinearity.
    """
    kernel = one.weight_variance * one.fan_in * moments(covariance, left, right) + one.bias_variance
    return kernel + covariance if one.is_added else kernel


def mean_cosine(covariance: Matrix) -> float:
    """Return the mean cosine over all pairs of samples; of a sample without variance it is 0.

    Args:
        covariance: ``(m, m)``, m >= 2.
    """
    variance = np.diag(covariance)
    found, count = cosines(covariance, variance[:, None], variance), len(covariance)
    return float((found.sum() - np.trace(found)) / (count * (count - 1)))


def gradient_gains(maps: Sequence[LinearMap]) -> list[float]:
    r"""Return the mean square of the loss's derivative with respect to each map's outputs, over that of the last map.

    A map passes a factor v fan_out / 2 back to a unit before it, since half of the ReLUs are open; 1 more if that unit
    is added to its output. Derivatives are taken as independent of the weights that they pass through.

    Args:
        maps: From input to output.

    Source:
        Schoenholz et al. (2017), Deep Information Propagation.
    """
    gains = [1.0]
    for one in reversed(maps[1:]):
        gains.append(gains[-1] * (one.weight_variance * one.fan_out / 2 + one.is_added))
    return gains[::-1]
