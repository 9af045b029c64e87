"""Chains are read at their end, and those that diverged are left out."""

import math
from dataclasses import asdict, replace

import pandas as pd

from geomgen.report.collect import RunTables
from geomgen.report.quantities.diffusion import END_ACCURACY, LOWEST_ACCURACY, mean_over_chains, with_noise
from tests.report.made_up_diffusions import row
from tests.report.made_up_runs import RunMaker


def test_other_temperatures_are_neither_with_nor_without_noise() -> None:
    rows = pd.DataFrame({"n_beta": [2e4, 2e5, math.inf]})
    assert with_noise(rows)["noise"].tolist() == ["with noise", "without noise"]


def test_chains_are_averaged_without_those_that_diverged() -> None:
    found = [
        asdict(row(2e4, 200, 0.5, 1.0)),
        asdict(row(2e4, 200, 0.7, 3.0)),
        asdict(row(2e4, 200, 0.0, 0.0, diverged=True)),
    ]
    rows = pd.DataFrame(found).assign(run_id="run", setting=0, chain=[0, 1, 2])
    means = mean_over_chains(rows, ["test_accuracy", "hessian_trace"])
    assert means[["test_accuracy", "hessian_trace"]].to_numpy().tolist() == [[0.6, 2.0]]


def test_chains_of_other_dynamics_are_kept_apart(make_run: RunMaker) -> None:
    coarse, fine = row(2e4, 200, 0.9, 1.0), replace(row(2e4, 200, 0.3, 1.0), time_step=0.01)
    tables = RunTables([make_run(tables={"diffusion": [coarse, fine]})])
    for quantity in (END_ACCURACY, LOWEST_ACCURACY):
        found = quantity.of(noise="with noise").of_all(tables)
        assert dict(zip(found["time_step"], found["value"], strict=True)) == {0.1: 0.9, 0.01: 0.3}
