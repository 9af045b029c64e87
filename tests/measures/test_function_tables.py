"""Rows of the tables of functions against definitions, and intervals against simulated draws."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from geomgen.config.sample import SampleConfig
from geomgen.measures.function_tables import Found, frequencies, growth_rows, summary_row
from geomgen.numerics.distinct import counted
from geomgen.numerics.estimate import share
from geomgen.numerics.packed_bits import packed

NUM_INPUTS, DRAWS = 16, 4000


def functions(seed: int = 0) -> NDArray[np.bool_]:
    """Return draws of 16 functions, the k-th with a probability that falls as 1/(k + 1)."""
    source = np.random.default_rng(seed)
    weights = 1 / np.arange(1, 17)
    chosen = source.choice(16, DRAWS, p=weights / weights.sum())
    return np.arange(NUM_INPUTS) < chosen[:, None]


def found(bits: NDArray[np.bool_], top: int = 1000) -> Found:
    rows = packed(bits)
    return Found.nothing(len(rows), rows.shape[1]).with_part(counted(rows, 0), top)


def described(bits: NDArray[np.bool_], top: int = 1000) -> Any:
    known = found(bits, top)
    listed = frequencies(known, NUM_INPUTS, map)
    return known, listed, summary_row(known, listed, bits[:500], SampleConfig(inputs=4, draws=len(bits)).filled())


def test_functions_are_listed_by_falling_count() -> None:
    bits = functions()
    _, listed, _ = described(bits)
    ones, counts = np.unique(bits.sum(1), return_counts=True)
    table = dict(zip(listed.values["ones"].tolist(), listed.values["count"].tolist(), strict=True))
    assert table == dict(zip(ones.tolist(), counts.tolist(), strict=True))
    assert (np.diff(listed.values["count"]) <= 0).all()
    assert listed.values["function"][0] == "0000"
    assert listed.values["entropy"].tolist() == pytest.approx([
        -sum(p * math.log2(p) for p in (k / 16, 1 - k / 16) if p) for k in listed.values["ones"]
    ])


def test_the_summary_is_of_all_functions_and_the_list_of_the_first() -> None:
    bits = functions()
    _, _, full = described(bits)
    known, listed, short = described(bits, top=5)
    assert len(listed.values["count"]) == short.num_listed == 5
    assert (short.num_functions, short.num_once, short.top_1_mass) == (
        full.num_functions,
        full.num_once,
        full.top_1_mass,
    )
    assert full.top_100_mass == pytest.approx(1)
    assert growth_rows(known)[-1].num_functions == full.num_functions
    assert known.growth[1] == 1


def test_parts_add_up() -> None:
    bits = functions()
    counts = counted(packed(bits), 0)
    halves = Found.nothing(DRAWS, counts.rows.shape[1]).with_part(counts.part(0, 2), 7).with_part(counts.part(1, 2), 7)
    whole = found(bits, 7)
    assert (halves.sizes, halves.growth) == (whole.sizes, whole.growth)
    assert halves.listed.counts.tolist() == whole.listed.counts.tolist()


def test_slopes_are_null_where_there_is_no_line() -> None:
    _, _, row = described(np.zeros((50, NUM_INPUTS), bool))
    assert (row.num_fitted, row.rank_slope, row.complexity_slope, row.complexity_p_value) == (1, None, None, None)
    assert row.sensitivity == row.sensitivity_shuffled == 0


def test_the_unseen_mass_is_that_of_functions_not_drawn() -> None:
    """Good and Turing's estimate is unbiased up to 1/n: over repeats it agrees with the mass that was left out."""
    weights = 1 / np.arange(1, 401) ** 1.5
    weights /= weights.sum()
    source, errors, said = np.random.default_rng(1), [], []
    for _ in range(200):
        chosen = source.choice(400, 300, p=weights)
        bits = (chosen[:, None] >> np.arange(NUM_INPUTS) & 1).astype(bool)
        _, _, row = described(bits)
        errors.append(row.unseen_mass - weights[np.setdiff1d(np.arange(400), chosen)].sum())
        said.append(row.unseen_mass_stderr)
    assert abs(np.mean(errors)) < 5 * np.std(errors) / 200**0.5 + 1 / 300
    assert np.std(errors) == pytest.approx(np.mean(said), rel=0.25)


@pytest.mark.parametrize(("probability", "low", "high"), [(0.1, 0.93, 0.97), (0.01, 0.93, 1.0), (1e-4, 0.93, 1.0)])
def test_intervals_cover_the_probability(probability: float, low: float, high: float) -> None:
    """In 93 to 97 % of repeats where 100 draws are expected, elsewhere in 93 % or more, up to 1,000 repeats' noise."""
    draws, repeats = 4000, 1000
    ends = [
        share(int(count), draws).interval() for count in np.random.default_rng(2).binomial(draws, probability, repeats)
    ]
    covered = np.mean([below <= probability <= above for below, above in ends])
    noise = 2 * (0.05 * 0.95 / repeats) ** 0.5
    assert low - noise < covered < high + noise
