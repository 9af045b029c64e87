"""Rows of the tables of training beside the posterior, from samples of both."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geomgen.config.posterior import ORTHANT
from geomgen.fields import Columns
from geomgen.measures.posterior import LimitMass, PosteriorSamples
from geomgen.measures.posterior_orthants import WeightedFunctions
from geomgen.numerics.code_length import code_length, entropy_bracket
from geomgen.numerics.estimate import Estimate, share
from geomgen.numerics.log_mean import Ratio
from geomgen.numerics.packed_bits import Bits, hexadecimal, packed
from geomgen.numerics.seeds import numpy_generator
from geomgen.numerics.statistics import rank_correlation
from geomgen.numerics.two_samples import permuted_hamming, permuted_ks, power_between, power_of, smoothed_divergence
from geomgen.tables.posterior import FunctionPosteriorRow, PosteriorErrorRow, PosteriorSummaryRow

FEWEST_COUNT, MOST_COMPARED, TOP, FEWEST_EXPECTED = 5, 500, 10, 10
MOST_RELATIVE_STDERR = 0.2
"""Of the probability of a function by orthants: its square is the share of noise where ln P_B has the variance 1."""


class Both(NamedTuple):
    """What training found, and the posterior.

    Attributes:
        trained: Functions of the networks that fit, ``(fitted, inputs)``.
        samples: Samples of the posterior.
        values: The target, ``(inputs,)``.
        known: Where it is known, ``(inputs,)``.
        seed: Seed of the tests' permutations.
    """

    trained: Bits
    samples: PosteriorSamples
    values: NDArray[np.bool_]
    known: NDArray[np.bool_]
    seed: int

    def errors(self, functions: Bits) -> NDArray[np.int64]:
        """Return how many of the other inputs each function gets wrong."""
        return np.asarray((functions != self.values)[:, ~self.known].sum(1))

    @property
    def num_test(self) -> int:
        """Number of inputs that are not known."""
        return int((~self.known).sum())

    @property
    def worth(self) -> float:
        """Independent samples that each sample of the posterior is worth."""
        return self.samples.effective / len(self.samples.functions)


class Compared(NamedTuple):
    """Functions that both laws are compared at.

    Attributes:
        chosen: Their places among all.
        bayes: How probable each is by P_B, up to a factor.
        power: The exponent b of P_SGD = c P_B^b.
    """

    chosen: NDArray[np.int64]
    bayes: NDArray[np.int64] | NDArray[np.float64]
    power: Estimate


class Counted(NamedTuple):
    """Different functions, the most frequent in the posterior's samples first.

    Attributes:
        functions: ``(functions, inputs)``.
        sgd: How often training found each.
        bayes: How often it is among the samples, ``(2, functions)``: in those of even and of odd number.
    """

    functions: Bits
    sgd: NDArray[np.int64]
    bayes: NDArray[np.int64]


def counted(both: Both) -> Counted:
    """Return how often each function came."""
    functions = np.concatenate([both.trained, both.samples.functions])
    group = np.concatenate([np.zeros(len(both.trained), int), 1 + np.arange(len(both.samples.functions)) % 2])
    found, place = np.unique(packed(functions), axis=0, return_inverse=True)
    counts = np.zeros((3, len(found)), np.int64)
    np.add.at(counts, (group, place.ravel()), 1)
    order = np.lexsort((-counts[0], -counts[1:].sum(0)))
    rows = np.unpackbits(found[order], axis=1, count=functions.shape[1]).astype(bool)
    return Counted(rows, counts[0, order], counts[1:, order])


def function_rows(both: Both, found: Counted) -> Columns:
    """Return the rows of ``function_posterior``."""
    sgd = _intervals(found.sgd, len(both.trained), 1.0)
    bayes = _intervals(found.bayes.sum(0), len(both.samples.functions), both.worth)
    values = {
        "function": hexadecimal(packed(found.functions), found.functions.shape[1]),
        **{f"p_sgd{end}": column for end, column in zip(("", "_low", "_high"), sgd, strict=True)},
        **{f"p_bayes{end}": column for end, column in zip(("", "_low", "_high"), bayes, strict=True)},
        "test_error": both.errors(found.functions) / both.num_test,
    }
    return Columns(FunctionPosteriorRow, values)


def _intervals(counts: NDArray[np.int64], total: int, worth: float) -> NDArray[np.float64]:
    """Return fractions and both ends of their intervals, each sample worth a part of an independent one."""
    from scipy.special import betaincinv

    hits, misses = counts * worth, (total - counts) * worth
    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1e-300), misses + 1, 0.025), 0.0)
    high = np.where(misses > 0, betaincinv(hits + 1, np.maximum(misses, 1e-300), 0.975), 1.0)
    return np.stack([counts / total, low, high])


def error_rows(both: Both) -> list[PosteriorErrorRow]:
    """Return the rows of ``posterior_errors``."""
    sgd, bayes = error_counts(both)
    return [
        PosteriorErrorRow(errors, int(one), int(two), one / sgd.sum(), two / bayes.sum())
        for errors, (one, two) in enumerate(zip(sgd, bayes, strict=True))
    ]


def error_counts(both: Both) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many functions of training, and of the posterior, make each number of errors."""
    sgd, bayes = (
        np.bincount(both.errors(functions), minlength=both.num_test + 1)
        for functions in (both.trained, both.samples.functions)
    )
    return sgd, bayes


def summary_row(both: Both, found: Counted, epochs: NDArray[np.int64]) -> PosteriorSummaryRow:
    """Return the row of ``posterior_summary``.

    Args:
        both: Functions of training and of the posterior.
        found: How often each came.
        epochs: Epochs until each network fitted, 0 if it never did.
    """
    samples = both.samples
    mass = share(samples.hits, samples.draws)
    return PosteriorSummaryRow(
        num_inputs=len(both.values),
        train_size=int(both.known.sum()),
        num_fitted=len(both.trained),
        num_unfitted=int((epochs == 0).sum()),
        epochs_mean=float(epochs[epochs > 0].mean()),
        num_samples=len(samples.functions),
        sampled_by=samples.sampler,
        r_hat=samples.r_hat,
        converged=samples.converged,
        effective_samples=samples.effective,
        prior_mass=mass.value if samples.hits else None,
        prior_mass_low=mass.low if samples.draws else 0.0,
        prior_mass_high=mass.high if samples.draws else 1.0,
        num_functions_sgd=int((found.sgd > 0).sum()),
        num_functions_bayes=int((found.bayes.sum(0) > 0).sum()),
        **_routes(both, found),
        **_slope(both, found),
        **_entropies(both, found),
        **_error_comparison(both),
        **divergences(both, found),
    )


def _routes(both: Both, found: Counted) -> dict[str, Any]:
    """Return ln P(S) by orthants, and how well orthants and drawn networks or chains agree.

    The functions are those that half of the samples chose, with their frequencies in the other half.
    """
    weighted, samples = both.samples.weighted, both.samples
    if weighted is None:
        return _of_limit(samples.limit)
    mass = weighted.log_mass
    expected, p_values = math.exp(mass.value), list[float]()
    if expected * samples.draws >= FEWEST_EXPECTED:
        p_values.append(_p_value(Ratio(expected, expected * mass.stderr), samples.hits, samples.draws, 1.0))
    if samples.sampler != ORTHANT:
        total = int(found.bayes[1].sum())
        for place in np.argsort(-found.bayes[0], kind="stable")[:TOP]:
            probability = weighted.share(found.functions[place])
            if probability.value * total * both.worth >= FEWEST_EXPECTED:
                p_values.append(_p_value(probability, int(found.bayes[1, place]), total, both.worth))
    return {
        "log_prior_mass": mass.value,
        "log_prior_mass_stderr": mass.stderr,
        "log_prior_mass_propagated": None,
        "routes_p_value": min(1.0, len(p_values) * min(p_values)) if p_values else None,
    }


def _of_limit(mass: LimitMass | None) -> dict[str, float | None]:
    """Return what is known of ln P(S) without draws of the hidden layers."""
    tilted = mass.tilted if mass else None
    return {
        "log_prior_mass": tilted.value if tilted else None,
        "log_prior_mass_stderr": tilted.stderr if tilted else None,
        "log_prior_mass_propagated": mass.propagated if mass else None,
        "routes_p_value": None,
    }


def _p_value(expected: Ratio, count: int, total: int, worth: float) -> float:
    """Return the p-value of a count of samples if its expected fraction is a ratio with its error."""
    variance = expected.stderr**2 + expected.value * (1 - min(1.0, expected.value)) / (total * worth)
    if not variance:
        return float(count / total == expected.value)
    return math.erfc(abs(count / total - expected.value) / math.sqrt(2 * variance))


def _entropies(both: Both, found: Counted) -> dict[str, Any]:
    """Return the code lengths of training and of half of the samples by the other half, and the entropy of training."""
    log_possible = both.num_test * math.log(2)
    sgd, bayes = (code_length(found.bayes[0], counts, log_possible) for counts in (found.sgd, found.bayes[1]))
    low, high = entropy_bracket(found.sgd, log_possible)
    return {
        "cross_entropy_sgd": sgd.value,
        "cross_entropy_sgd_stderr": sgd.stderr,
        "cross_entropy_bayes": bayes.value,
        "cross_entropy_bayes_stderr": bayes.stderr / math.sqrt(both.worth),
        "entropy_sgd_low": low,
        "entropy_sgd_high": high,
    }


def _slope(both: Both, found: Counted) -> dict[str, Any]:
    """Return the exponent over functions that are probable by P_B, which orthants know better than samples do."""
    weighted = both.samples.weighted
    chosen, bayes, power = _by_samples(both, found) if weighted is None else _by_orthants(both, found, weighted)
    sgd = found.sgd[chosen]
    correlation = rank_correlation(sgd, bayes).value if len(sgd) > 1 else math.nan
    values = {
        "log_slope": power.value,
        "log_slope_low": power.low,
        "log_slope_high": power.high,
        "rank_correlation": correlation,
    }
    known = {name: None if math.isnan(value) else value for name, value in values.items()}
    return {"num_functions_compared": len(chosen), **known}


def _by_samples(both: Both, found: Counted) -> Compared:
    """Compare functions that half of the samples chose, with their counts in the other half."""
    chosen = np.flatnonzero(found.bayes[0] >= FEWEST_COUNT)
    bayes = found.bayes[1][chosen]
    return Compared(chosen, bayes, power_between(found.sgd[chosen], np.rint(bayes * both.worth).astype(np.int64)))


def _by_orthants(both: Both, found: Counted, weighted: WeightedFunctions) -> Compared:
    """Compare functions to which a trained network is expected to come by P_B, where that is known well."""
    sampled = np.flatnonzero(found.bayes.sum(0))[:MOST_COMPARED]
    shares = [weighted.share(found.functions[place]) for place in sampled]
    values, stderrs = np.array(shares).reshape(-1, 2).T
    is_known = (values * len(both.trained) >= 1) & (stderrs <= MOST_RELATIVE_STDERR * values)
    chosen, bayes = sampled[is_known], values[is_known]
    return Compared(chosen, bayes, power_of(found.sgd[chosen], bayes))


def _error_comparison(both: Both) -> dict[str, Any]:
    """Return mean test errors, and the tests of whether errors and functions are of one law."""
    source = numpy_generator(both.seed, "posterior-permutations")
    trained, sampled = both.trained, _worth(both.samples.functions, both.samples.effective)
    left, right = (np.bincount(both.errors(one), minlength=both.num_test + 1) for one in (trained, sampled))
    ks = permuted_ks(left, right, source)
    hamming = permuted_hamming(
        trained[:MOST_COMPARED][:, ~both.known], _worth(sampled, MOST_COMPARED)[:, ~both.known], source
    )
    return {
        **mean_errors(both),
        "ks_statistic": ks.statistic,
        "ks_p_value": ks.p_value,
        "hamming_statistic": hamming.statistic,
        "hamming_p_value": hamming.p_value,
    }


def mean_errors(both: Both) -> dict[str, Any]:
    """Return the mean test errors of training and of the posterior, with their standard errors."""
    sgd, bayes = (both.errors(one) / both.num_test for one in (both.trained, both.samples.functions))
    return {
        "error_sgd": float(sgd.mean()),
        "error_sgd_stderr": float(sgd.std() / math.sqrt(max(1, len(sgd) - 1))),
        "error_bayes": float(bayes.mean()),
        "error_bayes_stderr": float(bayes.std() / math.sqrt(max(1.0, both.samples.effective - 1))),
    }


def _worth(functions: Bits, effective: float) -> Bits:
    """Return evenly spaced samples, as many as they are worth."""
    count = min(len(functions), max(1, int(effective)))
    return np.asarray(functions[np.linspace(0, len(functions) - 1, count).astype(int)])


def divergences(both: Both, found: Counted) -> dict[str, Any]:
    """Return the divergences of the test errors, and of the most probable functions with all others together."""
    sgd, bayes = error_counts(both)
    top_sgd, top_bayes = (np.append(counts[:TOP], counts[TOP:].sum()) for counts in (found.sgd, found.bayes.sum(0)))
    return {
        "divergence_errors": smoothed_divergence(sgd, bayes),
        "divergence_errors_reverse": smoothed_divergence(bayes, sgd),
        "divergence_top": smoothed_divergence(top_sgd, top_bayes),
        "divergence_top_reverse": smoothed_divergence(top_bayes, top_sgd),
    }
