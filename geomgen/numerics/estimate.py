"""Estimates with their standard errors: intervals and tests by the t law, on several scales, and of fractions."""

import math
from dataclasses import dataclass

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """An estimate with what is known about its error.

    Attributes:
        value: The estimate.
        stderr: Its standard error; NaN if unknown, as with one seed; 0 if the value is exact.
        freedom: Degrees of freedom of the t law of its error; infinite for the normal law.
        count: Number of seeds or points behind it; the smallest of several groups.
        approximate: Empty if the 95 % interval covers the truth in 93 to 97 % of repeats; otherwise how often it does.
        scale: What ``stderr`` belongs to: the value itself (``linear``; of a ``correlation``, whose interval ends at -1
            and 1), its logarithm (``log``), or the inverse hyperbolic tangent of a rank correlation (``fisher``).
    """

    value: float
    stderr: float
    freedom: float
    count: int
    approximate: str = ""
    scale: str = "linear"

    @property
    def is_known(self) -> bool:
        """Whether its standard error is known."""
        return math.isfinite(self.stderr) and self.freedom > 0

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval; NaN if unknown."""
        return self.interval()[0]

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval; NaN if unknown."""
        return self.interval()[1]

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return both ends of the interval with equal tails; NaN if unknown.

        Args:
            level: How often such intervals cover the truth.
        """
        from scipy.special import stdtrit

        if not self.is_known:
            return math.nan, math.nan
        if not self.stderr:
            return self.value, self.value
        half = float(stdtrit(self.freedom, (1 + level) / 2)) * self.stderr
        middle = self._to_scale(self.value)
        return self._from_scale(middle - half), self._from_scale(middle + half)

    def p_value(self, limit: float) -> float:
        """Return the two-sided p-value of the quantity being a limit: below 1 - level where its interval excludes it.

        It is 1 if the error is unknown; 0 or 1 if the value is exact.
        """
        from scipy.special import stdtr

        if not self.is_known:
            return 1.0
        if not self.stderr:
            return float(self.value == limit)
        distance = abs(self._to_scale(self.value) - self._to_scale(limit)) / self.stderr
        return float(2 * stdtr(self.freedom, -distance))

    def _to_scale(self, value: float) -> float:
        if self.scale == "log":
            return math.log(value) if value > 0 else -math.inf
        if self.scale in {"correlation", "fisher"} and abs(value) > 1:
            return math.copysign(math.inf, value)
        if self.scale == "fisher":
            most = largest_correlation(self.count)
            return math.atanh(min(max(value, -most), most))
        return value

    def _from_scale(self, value: float) -> float:
        if self.scale == "log":
            return exponential(value)
        if self.scale == "fisher":
            correlation = math.tanh(value)
            return math.copysign(1, value) if abs(correlation) > largest_correlation(self.count) else correlation
        return min(max(value, -1.0), 1.0) if self.scale == "correlation" else value

    def __str__(self) -> str:
        if self.is_known and self.low == self.high:
            return significant(self.value)
        ends = f" [{significant(self.low)}, {significant(self.high)}]" if self.is_known else " (spread unknown)"
        return f"{significant(self.value)}{ends}"


def significant(value: float) -> str:
    """Return a number with three significant digits, and never fewer than it has before the point: ``2,934``."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def exponential(value: float) -> float:
    """Return e to a power; infinity beyond what floats hold."""
    return math.exp(value) if value < 709 or math.isnan(value) else math.inf


def largest_correlation(count: int) -> float:
    """Return the rank correlation half way between 1 and the next smaller one that n points can have."""
    return 1 - 6 / (count**3 - count) if count > 1 else 1.0


@dataclass(frozen=True)
class Share(Estimate):
    """A fraction of independent trials, with the interval of Clopper and Pearson, which covers at least its level."""

    @property
    def successes(self) -> int:
        """Number of successes."""
        return round(self.value * self.count)

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return both ends of the interval; NaN without trials.

        Args:
            level: How often such intervals cover the truth at least.
        """
        from scipy.special import betaincinv

        if not self.is_known:
            return math.nan, math.nan
        tail, hits, misses = (1 - level) / 2, self.successes, self.count - self.successes
        low = float(betaincinv(hits, misses + 1, tail)) if hits else 0.0
        return low, float(betaincinv(hits + 1, misses, 1 - tail)) if misses else 1.0

    def p_value(self, limit: float) -> float:
        """Return twice the smaller tail of the binomial law with a limit as its probability; 1 without trials."""
        from scipy.special import betainc

        if not self.is_known:
            return 1.0
        if not 0 <= limit <= 1:
            return 0.0
        hits, misses = self.successes, self.count - self.successes
        at_least = float(betainc(hits, misses + 1, limit)) if hits else 1.0
        at_most = float(betainc(misses, hits + 1, 1 - limit)) if misses else 1.0
        return min(1.0, 2 * min(at_least, at_most))


def share(successes: int, total: int) -> Share:
    """Return a fraction of independent trials; its standard error is that under a uniform prior, which is never 0."""
    if not total:
        return Share(math.nan, math.nan, 0, 0)
    stderr = math.sqrt((successes + 1) * (total - successes + 1) / (total + 3)) / (total + 2)
    return Share(successes / total, stderr, math.inf, total, approximate="covers 95 to 100 %")
