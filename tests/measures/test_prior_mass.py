"""Routes to the prior mass against exact masses, and against each other."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from geomgen.config.prior_mass import PriorMassConfig
from geomgen.data.boolean import boolean_inputs
from geomgen.errors import UsageError
from geomgen.measures.functions import Drawing
from geomgen.measures.prior_mass import (
    Known,
    compared,
    interval_columns,
    kernels_of,
    nearness,
    require_possible,
    rows,
)
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.estimate import share
from geomgen.numerics.log_mean import log_mean_exp
from geomgen.numerics.orthant import LogProbability
from geomgen.numerics.splitting import Settled, Splitting
from geomgen.progress import silent
from geomgen.tables.prior_mass import PriorMassRow

SMALL = PriorMassConfig(
    inputs=3, hidden="6", train_size=3, sigma_b=0.5, draws=20_000, kernels=60, particles=60, most_moves=20, threads=1
).filled()
INPUTS = boolean_inputs(3)
KNOWN = Known(INPUTS[[1, 2, 4]], torch.tensor([True, False, True]))


def estimates(known: Known, config: PriorMassConfig) -> dict[str, PriorMassRow]:
    return {row.route: row for row in rows(known, config, silent)}


def test_routes_to_the_same_number_agree() -> None:
    found = estimates(KNOWN, SMALL)
    assert list(found) == ["sampling", "rao-blackwell", "infinite-width", "splitting"]
    assert all(row.agrees for name, row in found.items() if name != "infinite-width")
    assert found["infinite-width"].agrees is None
    assert all(row.verdict == "resolved" for row in found.values())
    assert all(row.log_mass_nats_low < row.log_mass_nats < row.log_mass_nats_high for row in found.values())  # type: ignore[operator]


@pytest.mark.parametrize("hidden", ["6", "none"])
def test_one_value_has_half_of_the_mass(hidden: str) -> None:
    """The law of the output is even."""
    known = Known(INPUTS[[5]], torch.tensor([False]))
    found = estimates(known, replace(SMALL, hidden=hidden))
    for row in found.values():
        assert row.log_mass_nats == pytest.approx(-math.log(2), abs=max(0.02, 4 * (row.stderr or 0)))


def test_the_order_of_the_inputs_does_not_matter_and_the_same_seed_gives_the_same_bits() -> None:
    found, again = estimates(KNOWN, SMALL), estimates(KNOWN, SMALL)
    assert found == again
    turned = estimates(Known(KNOWN.inputs.flip(0), KNOWN.values.flip(0)), SMALL)
    for name, row in found.items():
        assert turned[name].log_mass_nats == pytest.approx(row.log_mass_nats, abs=1e-6)


@pytest.mark.parametrize("hidden", ["4", "none"])
def test_kernels_of_low_rank_have_a_mass_too(hidden: str) -> None:
    config = replace(SMALL, hidden=hidden, sigma_b=0.0, seed=1, kernels=400, route=("sampling", "rao-blackwell"))
    known = Known(INPUTS[[1, 2, 3, 4, 6]], torch.tensor([True, False, True, False, False]))
    found = estimates(known, config)
    assert found["rao-blackwell"].verdict == "resolved"
    assert found["rao-blackwell"].agrees


def test_many_values_on_kernels_of_low_rank_say_to_use_splitting() -> None:
    inputs = boolean_inputs(4)[1:]
    config = replace(SMALL, hidden="2", sigma_b=0.0, kernels=30, route=("rao-blackwell",))
    found = estimates(Known(inputs, inputs.sum(1) % 2 == 1), config)["rao-blackwell"]
    assert found.log_mass_nats is None
    assert found.verdict == "no hits (each kernel has a rank below the number of known values: use splitting)"


def test_what_no_network_fits_is_refused_or_has_no_hits() -> None:
    at_zero = Known(INPUTS[:1], torch.tensor([True]))
    with pytest.raises(UsageError, match="No network fits: --target majority is 1 at the input of zeros"):
        require_possible(at_zero, replace(SMALL, sigma_b=0.0))
    require_possible(at_zero, SMALL)
    parity = Known(INPUTS[[0, 1, 2, 3]], torch.tensor([False, True, True, False]))
    row = estimates(parity, replace(SMALL, hidden="none", route=("sampling",)))["sampling"]
    assert (row.log_mass_nats, row.verdict, row.num_hits) == (None, "no hits", 0)
    assert row.log_mass_nats_high == pytest.approx(math.log(-math.log(0.025) / 20_000), abs=0.01)


def test_networks_that_fit_are_nearest_and_zeros_furthest() -> None:
    values = torch.tensor([True, False])
    outputs = torch.tensor([[1.0, 0.0], [0.0, -1.0], [2.0, -1.0], [4.0, 3.0], [-3.0, -4.0], [-1.0, 2.0], [0.0, 0.0]])
    found = nearness(outputs.double(), values)
    assert found.tolist() == pytest.approx([1, 0, 1, -0.6, -0.6, -1, -1])
    assert nearness(7 * outputs.double(), values).tolist() == pytest.approx(found.tolist())
    assert nearness(outputs[-1:].double(), torch.tensor([False, False])).tolist() == [1]


REPEATS = 1000


@pytest.mark.parametrize(("bits", "draws", "highest"), [(3, 1000, 0.97), (5, 400, 1.0)])
def test_intervals_of_sampling_cover(bits: int, draws: int, highest: float) -> None:
    """A perceptron without biases is 0 everywhere with probability 2^-bits: 125 hits are expected, or 12.5."""
    config = replace(SMALL, inputs=bits, hidden="none", bias=0, sigma_b=0.0)
    drawing = Drawing(RandomNetworks(boolean_inputs(bits), config), REPEATS * draws, seed=0)
    zeros = np.concatenate([~drawing.functions(start).any(1) for start in drawing.starts])
    hits, times = np.unique(zeros.reshape(REPEATS, draws).sum(1), return_counts=True)
    intervals = [share(int(one), draws) for one in hits]
    covering = times[[one.low <= 2.0**-bits <= one.high for one in intervals]].sum() / REPEATS
    assert 0.93 <= covering <= highest


@pytest.mark.parametrize(("hidden", "values"), [("6", [True, False, True]), ("20", [False, True, True])])
def test_intervals_of_integrating_out_the_last_layer_cover(hidden: str, values: list[bool]) -> None:
    """The orthant of three outputs is known: 1/8 + (sum of arcsin of signed correlations) / (4 pi)."""
    draws, known = 100, Known(INPUTS[[1, 3, 6]], torch.tensor(values))
    kernels = torch.from_numpy(
        np.stack(list(kernels_of(known, replace(SMALL, hidden=hidden, kernels=REPEATS * draws))))
    )
    scale, signs = kernels.diagonal(dim1=1, dim2=2).sqrt(), known.values.double() * 2 - 1
    angles = (kernels / scale[:, :, None] / scale[:, None] * signs * signs[:, None]).clamp(-1, 1).asin()
    masses = (1 / 8 + angles.triu(1).sum((1, 2)) / (4 * math.pi)).clamp(min=0)
    means = [log_mean_exp(part.log()) for part in masses.reshape(REPEATS, draws)]
    found = [interval_columns(LogProbability(one.value, one.stderr), draws) for one in means]
    truth = float(masses.mean().log())  # its error is 1/30 of theirs
    covering = [one["log_mass_nats_low"] <= truth <= one["log_mass_nats_high"] for one in found]  # type: ignore[operator]
    assert 0.93 <= np.mean(covering) <= 0.97


@pytest.mark.parametrize(("spread", "value"), [(0.5, -9.0), (2.0, -9.0), (20.0, None)])
def test_replicates_that_differ_by_many_nats_have_no_mean(
    monkeypatch: pytest.MonkeyPatch, spread: float, value: float | None
) -> None:
    runs = [Splitting(-9.0, 10, 1)] * 8
    found = Settled(LogProbability(-9.0, spread), spread, runs, 20, is_mixed=True)
    monkeypatch.setattr("geomgen.measures.prior_mass.settled", lambda *_, **__: found)
    row = estimates(KNOWN, replace(SMALL, route=("splitting",)))["splitting"]
    assert row.log_mass_nats == value
    assert row.verdict == ("few particles" if spread > 1 else "resolved")


def test_routes_that_differ_say_so() -> None:
    first, second = (row for row in estimates(KNOWN, SMALL).values() if row.route in {"sampling", "rao-blackwell"})
    apart = compared([replace(first, log_mass_nats=(first.log_mass_nats or 0) - 1), second])
    assert [row.agrees for row in apart] == [False, False]
