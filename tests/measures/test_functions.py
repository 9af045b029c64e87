"""Functions of random networks: counts that depend on the seed alone, and known laws."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from geomgen.config.sample import SampleConfig
from geomgen.data.boolean import boolean_inputs
from geomgen.measures.functions import Drawing, functions
from geomgen.models.random_networks import RandomNetworks
from geomgen.progress import silent


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def drawn(**options: Any) -> dict[str, Any]:
    config = SampleConfig(**{"threads": 1, **options}).filled()
    return functions(RandomNetworks(boolean_inputs(config.inputs or 0), config), config, silent)


def listed(**options: Any) -> dict[str, list[Any]]:
    return {name: list(values) for name, values in drawn(**options)["function_frequencies"].values.items()}


SMALL = {"inputs": 4, "hidden": "8", "draws": 6000, "seed": 3}


@pytest.mark.parametrize("changed", [{"threads": 3}, {"memory": 1e-5}, {"memory": 1e-5, "threads": 2}])
def test_the_counts_depend_on_neither_workers_nor_memory(changed: dict[str, Any]) -> None:
    first, second = drawn(**SMALL), drawn(**{**SMALL, **changed})
    assert all(
        list(first["function_frequencies"].values[name]) == list(values)
        for name, values in second["function_frequencies"].values.items()
    )
    assert first["function_growth"] == second["function_growth"]
    assert (second["function_summary"][0].num_passes > 1) == ("memory" in changed)
    assert first["function_summary"][0].num_functions == second["function_summary"][0].num_functions


def test_more_draws_begin_with_the_same_networks() -> None:
    config = SampleConfig(inputs=4, hidden="8", draws=5000).filled()
    networks = RandomNetworks(boolean_inputs(4), config)
    few, many = Drawing(networks, 700, seed=3), Drawing(networks, 5000, seed=3)
    assert (few.functions(0) == many.functions(0)[:700]).all()
    assert sum(len(many.functions(start)) for start in many.starts) == 5000


def test_the_number_of_ones_of_a_perceptron_is_uniform() -> None:
    """P(t) = 2^-n for 0 <= t < 2^n without bias, whatever the symmetric law of the weights; ties are 0."""
    for init in ("normal", "default"):
        table = listed(inputs=4, hidden="none", bias=0, draws=40_000, init=init)
        ones = np.bincount(table["ones"], weights=table["count"], minlength=17)
        assert ones[16] == 0
        assert (np.abs(ones[:16] / 40_000 - 1 / 16) < 5 * (15 / 256 / 40_000) ** 0.5).all()


@pytest.mark.parametrize(
    ("init", "cone"), [("default", 1 / 6), ("normal", 4 / math.pi * math.atan(0.5 / (1.5 + 2**0.5)))]
)
def test_a_probability_that_tells_laws_of_weights_apart(init: str, cone: float) -> None:
    """The function x1 of three bits: P(w2, w3 <= 0, w1 > |w2| + |w3|) = P(|w1| > |w2| + |w3|) / 8.

    That is a corner of a cube for uniform weights; for normal ones, a solid angle over an octant's.
    """
    draws, expected = 40_000, cone / 8
    table = listed(inputs=3, hidden="none", bias=0, draws=draws, init=init)
    share = dict(zip(table["function"], table["probability"], strict=True))["0f"]
    assert abs(share - expected) < 5 * (expected / draws) ** 0.5
