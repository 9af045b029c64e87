"""Verdicts on the claims on regression: from real small runs, and from numbers that must fail."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geomgen.config.jacobian import JacobianConfig
from geomgen.config.regress import LinearConfig, OptimalSetConfig, PolynomialConfig, RffConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.experiments.jacobian import jacobian
from geomgen.experiments.regress import regress
from geomgen.experiments.train import train
from geomgen.report.claims import regression
from geomgen.report.claims.claim import Measured, Tables
from geomgen.report.claims.ledger import CLAIMS, judged
from geomgen.report.collect import RunTables
from geomgen.store.catalog import runs

IDS = ("T2.4", "T4.1", "T4.6", "T5.1", "T5.2", "T5.3a", "T5.10")
SIZES = {20: (5, 10, 18, 20, 22, 60, 200, 600), 40: (10, 36, 40, 44, 400), 60: (10, 54, 60, 66, 600)}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, data_file: Path) -> Tables:
    folder = tmp_path_factory.mktemp("runs")
    regress(LinearConfig(samples=10, terms=20, repetitions=500, threads=1), folder)
    regress(PolynomialConfig(threads=1, basis=("legendre",), repetitions=300), folder)
    regress(OptimalSetConfig(samples=6, features=(3, 6, 8, 20), repetitions=5, threads=1), folder)
    for size, counts in SIZES.items():
        for seed in range(3 if size == 20 else 1):
            regress(RffConfig(seed=seed, samples=size, test_samples=300, features=counts, threads=1), folder)
    run = train(TrainConfig(data=str(data_file), width=8, epochs=1, threads=1), folder)
    jacobian(run, JacobianConfig(samples=4, threads=1))
    collected = RunTables(runs(folder))
    names = {name for claim in CLAIMS if claim.id in IDS for name in claim.tables}
    return {name: collected.collect(name, "").frame for name in names}


def verdict(claim_id: str, tables: Tables) -> Measured:
    return judged(next(claim for claim in CLAIMS if claim.id == claim_id), tables)


@pytest.mark.parametrize("claim_id", IDS)
def test_real_runs_bear_the_claim_out(claim_id: str, tables: Tables) -> None:
    found = verdict(claim_id, tables)
    assert found.verdict == "holds", found
    assert found.value is not None


def changed(tables: Tables, name: str, **columns: Any) -> Tables:
    return {**tables, name: tables[name].assign(**columns)}


@pytest.mark.parametrize(
    ("claim_id", "table", "columns"),
    [
        ("T2.4", regression.OPTIMAL_SET, {"optimal_fraction": 0.4}),
        ("T4.1", regression.JACOBIAN, {"manifold_dim": 1}),
        ("T4.1", regression.OPTIMAL_SET, {"min_rank": 5}),
        ("T4.6", regression.LINEAR, {"slope_mean": 9.0}),
        ("T4.6", regression.LINEAR, {"slope_variance": 9.0}),
    ],
)
def test_one_exception_fails_an_equality(claim_id: str, table: str, columns: dict[str, object], tables: Tables) -> None:
    assert verdict(claim_id, changed(tables, table, **columns)).verdict == "does not hold"


def test_a_curve_that_only_falls_has_no_threshold(tables: Tables) -> None:
    rff = tables[regression.RFF]
    falling = changed(tables, regression.RFF, test_error=1 / rff["features"])
    assert verdict("T5.2", falling).verdict == "does not hold"
    assert verdict("T5.3a", falling).verdict == "does not hold"


def test_a_norm_that_rises_past_the_peak_fails(tables: Tables) -> None:
    rff = tables[regression.RFF]
    found = verdict("T5.10", changed(tables, regression.RFF, solution_norm=rff["features"] * (1 + rff["seed"])))
    assert found.verdict == "does not hold"
    assert found.value == pytest.approx(1.0)


def test_a_rising_bias_is_not_classical(tables: Tables) -> None:
    polynomial = tables[regression.POLYNOMIAL]
    rising = changed(tables, regression.POLYNOMIAL, bias_squared=polynomial["degree"].astype(float))
    assert verdict("T5.1", rising).verdict == "does not hold"


def test_what_was_not_measured_is_not_judged(tables: Tables) -> None:
    published = changed(tables, regression.LINEAR, term_prior="published")
    assert verdict("T4.6", published).verdict == "not yet measured"
    noisy = changed(tables, regression.RFF, label_noise=0.1)
    assert verdict("T5.2", noisy).verdict == "not yet measured"
    one_size: Tables = {regression.RFF: tables[regression.RFF].query("samples == 20")}
    assert verdict("T5.3a", one_size).verdict == "not yet measured"
    few: Tables = {regression.OPTIMAL_SET: pd.DataFrame({"features": [3], "samples": [6]})}
    with pytest.raises((NoDataError, KeyError)):
        regression.leaves_free_the_optimal_fraction(few)
