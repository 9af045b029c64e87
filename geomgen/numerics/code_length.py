"""Entropies of laws on many values, most of which have not been seen."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

Numbers = NDArray[np.int64]
ROUNDING = 1e-12


class CodeLength(NamedTuple):
    """A mean code length with its standard error, in nats."""

    value: float
    stderr: float


def code_length(known: Numbers, coded: Numbers, log_possible: float) -> CodeLength:
    r"""Return the mean of -ln Q over a sample, with the law Q learnt from another.

    Q is (1 - u) n/N of a value seen n times in N. The others share u = (n_1 + 1)/(N + 2) evenly, n_1 the number of
    values seen once, so that Q adds up to 1: two samples of one law have the same mean.

    Args:
        known: How often each value came in the sample that Q is learnt from, ``(values,)``.
        coded: How often it came in the other.
        log_possible: ln of the number of possible values.

    Source:
        Good (1953).
    """
    total, seen, count = int(known.sum()), int((known > 0).sum()), int(coded.sum())
    share_left = -math.expm1(math.log(seen) - log_possible)
    unseen = ((known == 1).sum() + 1) / (total + 2) if share_left > ROUNDING else 0.0
    log_unseen = math.log(unseen / share_left) - log_possible if unseen else -math.inf
    logs = np.where(known > 0, np.log(np.maximum(known, 1) * (1 - unseen) / total), log_unseen)
    used = coded > 0
    mean = float(coded[used] @ logs[used]) / count
    variance = float(coded[used] @ (logs[used] - mean) ** 2) / max(1, count - 1)
    return CodeLength(-mean, math.sqrt(variance / count))


def entropy_bracket(counts: Numbers, log_possible: float) -> tuple[float, float]:
    r"""Return what the entropy of a law is between, in nats, from a sample.

    Below, the entropy of the frequencies, whose mean is below the law's. Above, with u = (n_1 + 2 sqrt(n_1) + 2)/N for
    the mass of unseen values, that of u spread evenly over these and of (1 - u) times the frequencies, plus (K - 1)/2N
    for their bias, K the number of values seen.

    Args:
        counts: How often each value came.
        log_possible: ln of the number of possible values.

    Source:
        Miller (1955) for the bias.
    """
    seen, total, once = counts[counts > 0], int(counts.sum()), int((counts == 1).sum())
    low = float(entr(seen / total).sum())
    unseen = min(1.0, (once + 2 * math.sqrt(once) + 2) / total)
    corrected = low + (len(seen) - 1) / (2 * total)
    high = float(entr(unseen) + entr(1 - unseen)) + (1 - unseen) * corrected + unseen * log_possible
    return low, max(low, min(high, log_possible))
