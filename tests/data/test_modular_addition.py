"""All pairs are there once, each with its sum, one half in each split, and the same ones every time."""

import pytest
import torch

from geomgen.data.load import absolute_source, is_dataset, load_dataset, remarks
from geomgen.data.modular_addition import modular_addition
from geomgen.errors import UsageError


@pytest.mark.parametrize("modulus", [2, 5, 23])
def test_every_pair_is_there_once_with_its_sum(modulus: int) -> None:
    found = modular_addition(modulus)
    assert found.input_shape == (1, 2, modulus)
    assert len(found.train) - len(found.test) == modulus % 2
    images = torch.cat([found.train.images, found.test.images])[:, 0]
    labels = torch.cat([found.train.labels, found.test.labels])
    assert torch.equal(images.sum(2), torch.ones(modulus**2, 2))
    first, second = images.argmax(2).T
    assert torch.equal(labels, (first + second) % modulus)
    assert len(set(zip(first.tolist(), second.tolist(), strict=True))) == modulus**2


def test_the_halves_are_part_of_the_data() -> None:
    found = load_dataset("modular-addition")
    assert found.name == "modular-addition:23"
    assert found.sha256 == load_dataset("modular-addition:23").sha256 == modular_addition(23).sha256
    assert found.sha256.startswith("ee05de81d9f4")
    assert (is_dataset("modular-addition:7"), remarks("modular-addition:7")) == (True, [])
    assert absolute_source("modular-addition:7") == "modular-addition:7"


@pytest.mark.parametrize("given", ["1", "201", "x", "", "-5", "2.5"])
def test_moduli_that_are_refused(given: str) -> None:
    with pytest.raises(UsageError, match=rf"--data modular-addition:{given}: P is '{given}'\. Give a whole"):
        load_dataset(f"modular-addition:{given}")
