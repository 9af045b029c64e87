"""Quantities of learning coefficients and of occupancy."""

from dataclasses import replace
from pathlib import Path

import pytest

from geomgen.report.claims.t3_learning import EQUAL_DEPTH
from geomgen.report.collect import RunTables
from geomgen.report.quantities.learning import HALF_PARAMETERS, LLC, OCCUPANCY, RELATIVE_OCCUPANCY, VOLUME_SCALING
from tests.report.made_up_learning import ROW, basins_run, measured_run
from tests.report.made_up_runs import RunMaker


def test_each_is_read_from_its_own_rows(make_run: RunMaker, tmp_path: Path) -> None:
    away = replace(ROW, state="initial", converged=False, verdict="not at a minimum")
    tables = RunTables([measured_run(make_run, 4, 0, ROW, away), basins_run(tmp_path, EQUAL_DEPTH[0], 6.6)])
    found = {
        quantity.name: quantity.of(state="final").of_all(tables)["value"].tolist()
        for quantity in (LLC, VOLUME_SCALING, HALF_PARAMETERS)
    }
    assert found == {"learning_coefficient": [10.0], "volume_scaling": [10.5], "half_parameters": [59.0]}
    assert OCCUPANCY.of().of_all(tables)["value"].tolist() == [6.6]
    assert RELATIVE_OCCUPANCY.of().of_all(tables)["value"].tolist() == pytest.approx([1.1])


def test_two_samplers_are_two_settings_and_two_seeds_one_measurement(make_run: RunMaker) -> None:
    rows = [ROW, replace(ROW, sampler="mala", leapfrog_steps=None), replace(ROW, chain_seed=1, llc=11.0)]
    tables = RunTables([make_run(tables={"llc": rows})])
    for quantity, values in ((LLC, [10.0, 11.0]), (HALF_PARAMETERS, [59.0, 59.0])):
        found = quantity.of(state="final").of_all(tables)
        assert found["sampler"].tolist() == ["mala", "hmc"]
        assert found["value"].tolist() == values
        assert len(quantity.of(state="final").values(tables)) == 1


def test_potentials_are_measured_without_a_network() -> None:
    making = "--potential two-basins --chains 3"
    assert OCCUPANCY.commands(making) == [f"geomgen llc {making}"]
    assert LLC.commands() == ["geomgen train", "geomgen llc RUN --sampler hmc"]
