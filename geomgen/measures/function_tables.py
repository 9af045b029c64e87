"""Rows of the tables of functions, from their counts."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geomgen.config.random_networks import BOOLEAN
from geomgen.config.sample import SampleConfig
from geomgen.fields import Columns
from geomgen.numerics.distinct import Counts, merged
from geomgen.numerics.estimate import share
from geomgen.numerics.packed_bits import Bits, hexadecimal, sensitivity, shuffled_sensitivity, unpacked
from geomgen.numerics.permutation import PermutedSlope, permuted_slope
from geomgen.numerics.seeds import numpy_generator
from geomgen.tables.functions import FEWEST_FITTED_COUNT, FunctionFrequencyRow, FunctionGrowthRow, FunctionSummaryRow
from geomgen.theory.complexity import lz_complexity

FEWEST_FITTED = 3
PERMUTATIONS = 999
SLICE = 2000
Spread = Callable[[Callable[[slice], Any], Sequence[slice]], Iterable[Any]]
"""Applies a function to slices, by several workers."""


@dataclass(frozen=True)
class Found:
    """What was found of all functions.

    Attributes:
        draws: Networks drawn.
        listed: The most frequent functions, by falling count; of one count, by ascending key.
        sizes: How many functions were drawn once, twice, and so on, by count.
        growth: Different functions among the first draws, by number of draws.
        passes: How often the networks were drawn.
    """

    draws: int
    listed: Counts
    sizes: dict[int, int]
    growth: dict[int, int]
    passes: int = 1

    @classmethod
    def nothing(cls, draws: int, row_bytes: int) -> Self:
        """Return what is known before any draw; the growth is looked at after each doubling, back from the end.

        Args:
            draws: Networks that will be drawn.
            row_bytes: Bytes of a function.
        """
        halvings = range(draws.bit_length())
        return cls(draws, Counts.none(row_bytes), {}, {draws >> halving: 0 for halving in reversed(halvings)})

    def with_part(self, part: Counts, top: int) -> Self:
        """Return what is known with one more part of all functions.

        Args:
            part: Their counts.
            top: Most functions listed.
        """
        listed = merged([self.listed, part])
        order = np.lexsort((listed.keys[:, 1], listed.keys[:, 0], -listed.counts))[:top]
        counts, numbers = np.unique(part.counts, return_counts=True)
        sizes = {count: self.sizes.get(count, 0) for count in {*self.sizes, *counts.tolist()}}
        for count, number in zip(counts.tolist(), numbers.tolist(), strict=True):
            sizes[count] += number
        growth = {draws: known + int((part.first < draws).sum()) for draws, known in self.growth.items()}
        return replace(self, listed=listed.chosen(order), sizes=sizes, growth=growth)

    def after(self, passes: int) -> Self:
        """Return it with the number of passes."""
        return replace(self, passes=passes)

    @property
    def num_functions(self) -> int:
        """Number of different functions."""
        return sum(self.sizes.values())


def frequencies(found: Found, num_inputs: int, spread: Spread) -> Columns:
    """Return the rows of ``function_frequencies``.

    Args:
        found: The functions.
        num_inputs: Inputs at which each has a value.
        spread: Divides the work on complexities.
    """
    rows, counts = found.listed.rows, found.listed.counts
    slices = [slice(start, start + SLICE) for start in range(0, len(rows), SLICE)]

    def described(part: slice) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        bits = unpacked(rows[part], num_inputs)
        return bits.sum(1), lz_complexity(bits)

    ones, complexity = (np.concatenate(values) for values in zip(*spread(described, slices), strict=True))
    distinct, place = np.unique(counts, return_inverse=True)
    ends = np.array([share(int(count), found.draws).interval() for count in distinct])[place]
    values = (
        hexadecimal(rows, num_inputs),
        counts,
        counts / found.draws,
        *ends.T,
        ones,
        complexity,
        _entropy(ones / num_inputs),
    )
    names = [field.name for field in fields(FunctionFrequencyRow)]
    return Columns(FunctionFrequencyRow, dict(zip(names, values, strict=True)))


def _entropy(share_of_ones: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import entr

    return np.asarray((entr(share_of_ones) + entr(1 - share_of_ones)) / math.log(2))


def growth_rows(found: Found) -> list[FunctionGrowthRow]:
    """Return the rows of ``function_growth``."""
    return [FunctionGrowthRow(draws, functions) for draws, functions in found.growth.items()]


def summary_row(found: Found, listed: Columns, profiled: Bits, config: SampleConfig) -> FunctionSummaryRow:
    """Return the row of ``function_summary``.

    Args:
        found: The functions.
        listed: Rows of the most frequent ones.
        profiled: Functions of the networks drawn first.
        config: Options of the draws.
    """
    once, twice = found.sizes.get(1, 0), found.sizes.get(2, 0)
    return FunctionSummaryRow(
        num_draws=found.draws,
        num_inputs=profiled.shape[1],
        num_functions=found.num_functions,
        num_once=once,
        unseen_mass=once / found.draws,
        unseen_mass_stderr=math.sqrt(once + 2 * twice) / found.draws,
        top_1_mass=_top_mass(listed, 1),
        top_10_mass=_top_mass(listed, 10),
        top_100_mass=_top_mass(listed, 100),
        **_slopes(listed, config.seed),
        **_profile(profiled, config),
        growth_exponent=_growth_exponent(found),
        num_listed=len(listed.values["count"]),
        num_passes=found.passes,
    )


def _top_mass(listed: Columns, top: int) -> float:
    return float(listed.values["probability"][:top].sum())


def _slopes(listed: Columns, seed: int) -> dict[str, Any]:
    """Return how the frequency falls with rank and with complexity, over functions drawn often enough."""
    often = np.flatnonzero(listed.values["count"] >= FEWEST_FITTED_COUNT)
    logs, complexity = np.log10(listed.values["probability"][often]), listed.values["lz_complexity"][often]
    ranks = np.log10(often + 1.0)
    source = numpy_generator(seed, "permuted-complexities")
    has_line = len(often) >= FEWEST_FITTED and np.ptp(complexity) > 0
    found = permuted_slope(complexity, logs, PERMUTATIONS, source) if has_line else PermutedSlope(*[None] * 6)
    return {
        "num_fitted": len(often),
        "rank_slope": float(np.polyfit(ranks, logs, 1)[0]) if len(often) >= FEWEST_FITTED else None,
        "complexity_slope": found.slope,
        "complexity_slope_low": found.low,
        "complexity_slope_high": found.high,
        "complexity_null_low": found.null_low,
        "complexity_null_high": found.null_high,
        "complexity_p_value": found.p_value,
    }


def _profile(bits: Bits, config: SampleConfig) -> dict[str, Any]:
    """Return mean complexity and sensitivity of networks, beside those of random functions."""
    source = numpy_generator(config.seed, "random-functions")
    complexity = lz_complexity(bits)
    found = {
        "num_profiled": len(bits),
        "complexity_mean": float(complexity.mean()),
        "complexity_stderr": _stderr(complexity),
        "complexity_shuffled": float(lz_complexity(source.permuted(bits, axis=1)).mean()),
        "complexity_random": float(lz_complexity(source.random(bits.shape) < 0.5).mean()),
    }
    if config.task != BOOLEAN:
        return {**found, **dict.fromkeys(("sensitivity", "sensitivity_stderr", "sensitivity_shuffled"))}
    changes = sensitivity(bits)
    return {
        **found,
        "sensitivity": float(changes.mean()),
        "sensitivity_stderr": _stderr(changes),
        "sensitivity_shuffled": float(shuffled_sensitivity(bits).mean()),
    }


def _stderr(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan


def _growth_exponent(found: Found) -> float | None:
    """Return ln(functions / functions of half the draws) / ln(draws / half); null for a single draw."""
    if len(found.growth) < 2:
        return None
    (half, before), (draws, functions) = list(found.growth.items())[-2:]
    return math.log(functions / before) / math.log(draws / half)
