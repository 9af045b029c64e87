"""Quantities of a training: from records whose exponents, ends and bits are known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.training import (
    BITS_PER_STEP,
    DIRECTNESS,
    EXPONENT,
    LOG_RELATIVE_DISTANCE,
    RELATIVE_DISTANCE,
    TEST_ACCURACY,
    exponent,
    exponents,
    shorter_paths,
)
from geomgen.report.quantity import VALUE, Quantity
from tests.report.made_up_gradients import gradient_row
from tests.report.made_up_runs import RunMaker, training_row

STEPS = np.array([1.0, 10.0, 100.0])


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_the_exponent_of_a_power_of_the_steps(power: float) -> None:
    assert exponent(pd.DataFrame({"step": STEPS, "distance": 3 * STEPS**power})) == pytest.approx(power)
    assert np.isnan(exponent(pd.DataFrame({"step": STEPS[:2], "distance": STEPS[:2]})))


def test_each_run_has_its_exponent() -> None:
    rows = pd.DataFrame({"run_id": ["a"] * 3 + ["b"] * 3, "step": [*STEPS, *STEPS], "distance": [*STEPS, *STEPS**0.5]})
    assert exponents(rows).set_index("run_id")["value"].to_dict() == pytest.approx({"a": 1.0, "b": 0.5})


def test_no_path_is_shorter_than_the_distance(make_run: RunMaker) -> None:
    paths = (1.5, 8.0)
    runs = [
        make_run(tables={"training": [replace(training_row(1), path_length=path)]}, seed=seed)
        for seed, path in enumerate(paths)
    ]
    rows = DIRECTNESS.rows(RunTables(runs)).frame
    assert rows[VALUE].tolist() == [1, 0.25]
    assert shorter_paths(rows) == 1


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        (TEST_ACCURACY, 0.93),
        (RELATIVE_DISTANCE, 0.6),
        (LOG_RELATIVE_DISTANCE, np.log(0.6)),
        (EXPONENT, 1.0),
        (BITS_PER_STEP, 0.3),
    ],
)
def test_a_run_has_one_number(make_run: RunMaker, quantity: Quantity, expected: float) -> None:
    tables: dict[str, list[Any]] = {
        "training": [
            replace(training_row(epoch), test_accuracy=0.9 + epoch / 100, relative_distance=epoch / 5, distance=epoch)
            for epoch in (1, 2, 3)
        ],
        "implicit_regularization": [
            gradient_row(epoch, 0.1, None, bits=bits) for epoch, bits in ((0, 9.0), (1, 0.2), (2, 0.4))
        ],
    }
    rows = quantity.rows(RunTables([make_run(tables=tables, width=64)])).frame
    assert rows[VALUE].tolist() == pytest.approx([expected])
    assert rows["width"].tolist() == [64]
