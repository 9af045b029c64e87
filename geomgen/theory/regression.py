"""Regression in closed form: posteriors, risks of minimum-norm solutions, and distances to sets of solutions."""

import math

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray
from scipy import integrate, optimize, special, stats

Array = NDArray[np.float64]
NUM_NODES = 400
TAIL_STDS = 12.0


def slope_posterior(inputs: Float64[Array, " N"], targets: Float64[Array, " N"]) -> tuple[float, float]:
    """Return mean and variance of the slope's posterior for y = c x + xi, with c and every xi_n standard normal.

    c | y ~ N(x.y / (1 + |x|^2), 1 / (1 + |x|^2)).

    Args:
        inputs: x.
        targets: y.
    """
    precision = 1 + float(inputs @ inputs)
    return float(inputs @ targets) / precision, 1 / precision


def descended_slope(inputs: Float64[Array, " N"], targets: Float64[Array, " N"], gain: float) -> tuple[float, float]:
    """Return mean and variance over the prior of the slope at which gradient descent ends, in y_n = c x_n + u_n.

    Slope and noise start at variance 1; the noise u_n moves by ``gain`` times the slope's step for the same residual.
    The end is the nearest point of the surface of perfect predictions:
    c' = c + x.(y - c x - u) / (gain + |x|^2). At gain 1 it has the posterior's mean and variance; at gain 0, without
    noise terms, it is the least-squares slope.
    """
    squared, total = float(inputs @ inputs), gain + float(inputs @ inputs)
    variance = (gain / total) ** 2 + (squared / total**2 if gain else 0.0)
    return float(inputs @ targets) / total, variance


def minimum_norm_predictive(
    kernel: Float64[Array, "N N"],
    cross: Float64[Array, "M N"],
    prior: Float64[Array, "M M"],
    targets: Float64[Array, " N"],
) -> tuple[Float64[Array, " M"], Float64[Array, "M M"]]:
    """Return mean and covariance of a Gaussian process conditioned on noiseless targets.

    mean = K* K^-1 y, covariance = K** - K* K^-1 K*^T: those of the predictions of linear models that gradient descent
    trained from w0 ~ N(0, I) to zero error.

    Args:
        kernel: K, between training points.
        cross: K*, of test with training points.
        prior: K**, between test points.
        targets: y.
    """
    weights = np.linalg.solve(kernel, cross.T)
    return weights.T @ targets, prior - cross @ weights


def mean_excess_risk(samples: int, features: int, signal: float, noise: float) -> float:
    """Return the expected excess risk of the minimum-norm solution on isotropic normal features.

    noise p/(n-p-1) for p < n-1; signal (1 - n/p) + noise n/(p-n-1) for p > n+1; infinite between, if there is noise.

    Args:
        samples: n.
        features: p.
        signal: Squared norm of the true coefficients.
        noise: Variance of the noise.

    Source:
        Hastie, Montanari, Rosset and Tibshirani (2022), Surprises in high-dimensional ridgeless least squares
        interpolation; at finite n, Belkin, Hsu and Xu (2020), Two models of double descent for weak features.
    """
    bias = signal * max(0.0, 1 - samples / features)
    spare = abs(features - samples) - 1
    if noise == 0:
        return bias
    return bias + noise * min(samples, features) / spare if spare > 0 else math.inf


def median_excess_risk(samples: int, features: int, signal: float, noise: float) -> float:
    """Return the median of the same excess risk, which is finite everywhere.

    The risk is distributed as signal B + noise Q/R with independent B ~ Beta((p-n)/2, n/2) (0 for p <= n),
    Q ~ chi^2 of min(n, p) and R ~ chi^2 of |p-n| + 1 degrees of freedom: the squared norm of the part of the
    coefficients outside the span of the data, and that of the noise's image, |e|^2 / R.
    """
    quotient = stats.betaprime(min(samples, features) / 2, (abs(features - samples) + 1) / 2)
    outside = stats.beta((features - samples) / 2, samples / 2) if features > samples else None
    if outside is None or signal == 0:
        return noise * float(quotient.median())
    if noise == 0:
        return signal * float(outside.median())
    nodes, weights = np.polynomial.legendre.leggauss(NUM_NODES)
    bias = signal * outside.ppf((nodes + 1) / 2)

    def above_half(risk: float) -> float:
        return float(weights / 2 @ quotient.cdf((risk - bias) / noise)) - 0.5

    return float(optimize.brentq(above_half, 0.0, signal + noise * float(quotient.ppf(0.75))))


def descent_risk(
    step: int,
    rates: Float64[Array, " p"],
    variances: Float64[Array, " p"],
    coefficients: Float64[Array, " p"],
    noise_per_sample: float,
) -> float:
    r"""Return the expected excess risk of gradient descent from 0 on features that are orthogonal in the sample.

    sum_i v_i c_i^2 k_i^2t + (noise/n) (1 - k_i^t)^2 with k_i = 1 - rate_i v_i: each feature's bias falls and its
    variance rises in its own time 1/(rate_i v_i). Two times that are far apart give two descents; rates proportional to
    1/v_i give all features the same time.

    Args:
        step: t, steps on the squared error over 2n.
        rates: Step size of each feature.
        variances: v, of each feature, in the sample and for new inputs.
        coefficients: c, true.
        noise_per_sample: Variance of the noise over the number of samples n.

    Source:
        Heckel and Yilmaz (2021), Early stopping in deep networks: double descent and how to eliminate it.
    """
    kept = (1 - rates * variances) ** step
    return float((variances * coefficients**2 * kept**2 + noise_per_sample * (1 - kept) ** 2).sum())


def optimal_fraction(samples: int, features: int) -> float:
    """Return (P - N)/P, the fraction of directions that stay optimal; 0 if P <= N."""
    return max(0, features - samples) / features


def mean_distance_to_optimal_set(samples: int, features: int) -> float:
    r"""Return the mean distance from the prior to the optimal set of a linear model.

    Features normal of variance 1/P, targets and the P parameters standard normal. In the span of the data, of dimension
    k = min(N, P), solution minus initial parameters is normal with variance 1 + P/s, so the distance is
    chi_k sqrt(1 + P/s) with independent s ~ chi^2 of |P-N| + 1 degrees of freedom. It tends to sqrt(2) E chi_N as P
    grows, and is infinite at P = N.
    """
    if samples == features:
        return math.inf
    dim, spare = min(samples, features), abs(features - samples) + 1
    mean_chi = math.sqrt(2) * math.exp(special.gammaln((dim + 1) / 2) - special.gammaln(dim / 2))
    chi = stats.chi(spare)
    low, high = max(0.0, math.sqrt(spare) - TAIL_STDS), math.sqrt(spare) + TAIL_STDS
    stretch, _ = integrate.quad(lambda t: math.sqrt(1 + features / t**2) * float(chi.pdf(t)), low, high, limit=200)
    return mean_chi * stretch


def excess_risk_tail(samples: int, features: int, noise: float) -> float:
    """Return the exponent a with which P(excess risk > t) falls as t^-a, for the same minimum-norm solutions.

    It is (|p-n| + 1)/2, that of 1/R with R ~ chi^2 of |p-n| + 1 degrees of freedom: variances are infinite for |p-n| up
    to 3, means up to 1. Without noise the risk is bounded.
    """
    return (abs(features - samples) + 1) / 2 if noise else math.inf


def distance_tail(samples: int, features: int) -> float:
    """Return the exponent a with which P(distance > t) falls as t^-a, for the same distance from the prior.

    It is |P-N| + 1, that of s^-1/2: the variance is infinite for |P-N| up to 1, the mean at P = N.
    """
    return abs(features - samples) + 1


def relative_distance_tail(samples: int, features: int) -> float:
    """Return the same exponent for the distance over |w|, w the P initial parameters: P(|w| < r) falls as r^P."""
    return min(distance_tail(samples, features), features)


def random_polynomial_tail(samples: int, degree: int, noise: float) -> float:
    """Return the exponent a with which P(test error > t) falls as t^-a, for a polynomial at random inputs.

    It is (n-1) / (2 min(degree, n-1)). All n inputs are within a distance d with a probability of order d^(n-1); then
    a polynomial of this degree is d^degree times smaller there than elsewhere, and fits noise with d^-degree as large
    a coefficient. Without noise, or with a constant alone, the error is bounded.

    Args:
        samples: n.
        degree: Degree.
        noise: Variance of the noise.
    """
    order = min(degree, samples - 1)
    return (samples - 1) / (2 * order) if noise and order else math.inf
