"""Chains are read at their end, and those that diverged are left out."""

import math
from dataclasses import asdict

import pandas as pd

from geomgen.report.quantities.diffusion import mean_over_chains, with_noise
from tests.report.made_up_diffusions import row


def test_other_temperatures_are_neither_with_nor_without_noise() -> None:
    rows = pd.DataFrame({"n_beta": [2e4, 2e5, math.inf]})
    assert with_noise(rows)["noise"].tolist() == ["with noise", "without noise"]


def test_chains_are_averaged_without_those_that_diverged() -> None:
    found = [
        asdict(row(2e4, 200, 0.5, 1.0)),
        asdict(row(2e4, 200, 0.7, 3.0)),
        asdict(row(2e4, 200, 0.0, 0.0, diverged=True)),
    ]
    rows = pd.DataFrame(found).assign(run_id="run", chain=[0, 1, 2])
    means = mean_over_chains(rows, ["test_accuracy", "hessian_trace"])
    assert means[["test_accuracy", "hessian_trace"]].to_numpy().tolist() == [[0.6, 2.0]]
