"""Bounds on the test error of a classifier that fits all its training samples."""

import math
from collections.abc import Sequence


def marginal_likelihood_bound(log_mass_nats: float, num_samples: int, delta: float) -> float:
    r"""Return the PAC-Bayes bound on the mean error of the prior's networks that fit, in its published form.

    error <= 1 - exp(-(-ln P(S) + 2 ln m + 1 - ln delta) / m), with probability 1 - delta over training sets.

    Args:
        log_mass_nats: ln P(S), the prior's mass of zero training error.
        num_samples: m.
        delta: Chance that the bound fails.

    Source:
        Valle-Perez, Camargo and Louis (2019), Deep learning generalizes because the parameter-function map is biased
        towards simple functions.
    """
    return _error(-log_mass_nats + 2 * math.log(num_samples) + 1 - math.log(delta), num_samples)


def restricted_prior_bound(log_mass_nats: float, num_samples: int, delta: float, gamma: float | None = None) -> float:
    r"""Return the bound for the prior restricted to zero training error, which is tighter.

    -ln(1 - error) <= (-ln P(S) + ln 1/delta) / m: a network of error e fits with chance (1 - e)^m, so the prior's mean
    of (1 - e)^-m over networks that fit has expectation 1, and Markov and Jensen do the rest. It bounds the mean error
    of networks that fit; with `gamma`, the error of a single one in all but a fraction gamma of the draws.

    Args:
        log_mass_nats: ln P(S).
        num_samples: m.
        delta: Chance that the bound fails.
        gamma: Fraction of single draws that may exceed it.
    """
    return _error(-log_mass_nats - math.log(delta) - (math.log(gamma) if gamma else 0), num_samples)


def finite_class_bound(log_num_functions_nats: float, num_samples: int, delta: float) -> float:
    r"""Return the uniform bound over finitely many functions of which one fits: worst case, blind to the prior.

    error <= 1 - exp(-(ln |H| + ln 1/delta) / m).

    Args:
        log_num_functions_nats: ln |H|.
        num_samples: m.
        delta: Chance that the bound fails.
    """
    return _error(log_num_functions_nats - math.log(delta), num_samples)


def growth_bound(log2_growth: float, num_samples: int, delta: float) -> float:
    r"""Return the uniform bound on every classifier of a class that fits; 1 where it says nothing.

    error <= (2/m) (log2 growth(2m) + log2(2/delta)), with growth(n) the labellings of n points that the class can do.

    Args:
        log2_growth: log2 growth(2m).
        num_samples: m.
        delta: Chance that the bound fails.

    Source:
        Blumer, Ehrenfeucht, Haussler and Warmuth (1989), Learnability and the Vapnik-Chervonenkis dimension.
    """
    return min(1.0, 2 / num_samples * (log2_growth + math.log2(2 / delta)))


def relu_log2_growth(num_inputs: int, hidden: Sequence[int], num_points: int) -> float:
    r"""Return an upper bound on log2 growth(n) of the signs of a ReLU network with biases and one output.

    With all signs before layer l fixed, its k_l pre-activations on n points are polynomials of degree l in the W_l
    parameters up to it, so they change sign in at most 2 (2 e n k_l l / W_l)^W_l ways; never more than n labels.

    Args:
        num_inputs: Inputs.
        hidden: Units of each hidden layer.
        num_points: n.

    Source:
        Bartlett, Harvey, Liaw and Mehrabian (2019), Nearly-tight VC-dimension and pseudodimension bounds for piecewise
        linear neural networks, theorem 6.
    """
    log2_ways, parameters, fan_in = 0.0, 0, num_inputs
    for layer, units in enumerate((*hidden, 1), start=1):
        parameters += (fan_in + 1) * units
        fan_in = units
        log2_ways += _log2_sign_patterns(num_points * units, layer, parameters)
    return min(float(num_points), log2_ways)


def _log2_sign_patterns(num_polynomials: int, degree: int, num_variables: int) -> float:
    if num_polynomials < num_variables:
        return float(num_polynomials)
    return 1 + num_variables * math.log2(2 * math.e * num_polynomials * degree / num_variables)


def _error(nats: float, num_samples: int) -> float:
    return -math.expm1(-max(nats, 0.0) / num_samples)
