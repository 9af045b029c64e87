"""Reports on implicit regularisation, the path of training and effective model complexity, from made-up numbers."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geomgen.config.emc import EmcConfig
from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.errors import NoDataError
from geomgen.measures.emc import EmcRow
from geomgen.measures.modified_flow import modified_flow
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport, records
from geomgen.report.reports import REPORTS
from geomgen.store.run import Run, create_run
from geomgen.training.tracking import ImplicitRegularizationRow, PointRow
from tests.report.made_up_runs import RunMaker, training_row

RATES = (0.01, 0.02, 0.04, 0.08)


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    return RunMaker(tmp_path / "runs")


def gradient_row(epoch: int, e_corr: float, weight: float | None, bits: float = 0.3) -> ImplicitRegularizationRow:
    return ImplicitRegularizationRow(
        epoch=epoch, step=10 * epoch, loss_nats=0.1, gradient_square=1000 * e_corr, e_corr=e_corr,
        implicit_lambda=weight,
        correction_nats=None if weight is None else weight * e_corr, gradient_noise=1.0, gradient_snr=0.5,
        gradient_snr_stderr=0.1, bits_per_step=bits, bits_per_step_stderr=0.05, num_batches=16, num_images=1024,
        num_parameters=1000,
    )  # fmt: skip


def _made(name: str, runs: Sequence[Run]) -> MadeReport:
    return REPORTS[name].build(RunTables(runs))


def _claim(runs: Sequence[Run], name: str) -> dict[str, Any]:
    return next(row for row in records(_made("claims", runs).main.frame) if row["id"] == name)


def _over_rates(make_run: RunMaker, sign: int) -> list[Run]:
    """Make runs whose best epoch is the second; with sign 1 larger rates have smaller E_corr and better accuracy."""
    runs = []
    for seed in range(3):
        for rank, lr in enumerate(RATES if sign > 0 else RATES[::-1]):
            accuracies = {1: 0.5, 2: 0.8 + 0.02 * rank + 0.001 * seed, 3: 0.7}
            training = [replace(training_row(epoch), test_accuracy=value) for epoch, value in accuracies.items()]
            gradients = [gradient_row(epoch, 10.0 ** -(epoch + rank), 250 * lr) for epoch in (0, 1, 2, 3)]
            tables: dict[str, Sequence[Any]] = {"training": training, "implicit_regularization": gradients}
            runs.append(make_run(tables=tables, lr=lr, optimizer="sgd", seed=seed, epochs=3))
    return runs


@pytest.mark.parametrize(("sign", "verdict", "correlation"), [(1, "holds", 1.0), (-1, "does not hold", -1.0)])
def test_lambda_is_ranked_against_e_corr_and_accuracy(
    make_run: RunMaker, sign: int, verdict: str, correlation: float
) -> None:
    runs = _over_rates(make_run, sign)
    made = _made("implicit-regularization", runs)
    assert made.main.frame["epoch"].tolist() == [2.0] * 4
    ranks = made.table("implicit-regularization-correlations").frame.set_index("quantity")["rank_correlation"]
    assert ranks["test_accuracy"] == pytest.approx(correlation)
    assert ranks["e_corr"] == pytest.approx(-correlation)
    assert _claim(runs, "T5.9")["verdict"] == verdict
    assert made.figures[0].draw().axes[0].get_xscale() == "log"


def test_adam_has_no_lambda_to_report_on(make_run: RunMaker) -> None:
    run = make_run(tables={"training": [training_row(1)], "implicit_regularization": [gradient_row(1, 0.1, None)]})
    with pytest.raises(NoDataError, match="No training over several learning rates"):
        _made("implicit-regularization", [run])


def test_the_orders_of_the_modified_flow(tmp_path: Path) -> None:
    runs = []
    for problem in ("product", "network"):
        config = ModifiedFlowConfig(problem=problem, halvings=4).filled()
        run = create_run(tmp_path / "runs", "modified-flow", problem, config.to_mapping(), {})
        errors, orders = modified_flow(config)
        run.add_rows("modified_flow", errors)
        run.add_rows("modified_flow_orders", orders)
        run.finish("complete")
        runs.append(run)
    made = _made("implicit-regularization", runs)
    assert len(made.main.frame) == 8
    assert {ax.get_title() for ax in made.figures[0].draw().axes} == {"network", "product"}
    found = _claim(runs, "T5.8")
    assert found["verdict"] == "holds"
    assert found["value"] == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize(("power", "verdict"), [(-0.5, "holds"), (0.3, "does not hold")])
def test_distance_against_width_and_steps(make_run: RunMaker, power: float, verdict: str) -> None:
    runs = []
    for width in (64, 128, 256, 512):
        for seed in range(2):
            moved = width**power * (1 + 0.01 * seed)
            points = [PointRow(step, step**0.5, 0.1, 2.0 * step, 0.5) for step in (1, 2, 4, 8)]
            tables: dict[str, Sequence[Any]] = {
                "training": [replace(training_row(1), relative_distance=moved)],
                "trajectory": points,
                "implicit_regularization": [gradient_row(0, 1.0, 1.0, bits=5.0), gradient_row(1, 1.0, 1.0, bits=0.25)],
            }
            runs.append(make_run(tables=tables, width=width, seed=seed, optimizer="sgd", weight_decay=0.0, epochs=1))
    made = _made("trajectory", runs)
    assert made.main.frame["exponent"].tolist() == pytest.approx([0.5] * 4)
    assert made.main.frame["bits_per_step"].tolist() == pytest.approx([0.25] * 4)
    (fit,) = records(made.table("trajectory-exponents").frame)
    assert fit["distance_against_width"] == pytest.approx(power, abs=0.01)
    assert fit["distance_against_width_low"] < power < fit["distance_against_width_high"]
    assert _claim(runs, "T4.2")["verdict"] == verdict
    assert [len(figure.draw().axes) for figure in made.figures] == [1, 1, 1]


def test_the_figure_of_widths_draws_what_has_three_and_says_what_is_unusual(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1, width=width, optimizer="sgd") for width in (64, 128, 256)]
    runs += [make_run(epochs_done=1, width=width) for width in (64, 128, 256, 512)]
    runs += [make_run(epochs_done=1, width=64, lr=lr) for lr in (0.1, 0.2)]
    numbers = _made("trajectory", runs).figures[0].numbers
    assert list(dict.fromkeys(numbers["series"])) == ["mlp", "mlp, optimizer sgd"]
    assert len(numbers) == 7


def test_bits_a_step_of_the_published_protocol(make_run: RunMaker) -> None:
    runs = [
        make_run(
            tables={"implicit_regularization": [gradient_row(1, 0.1, None, bits=0.3 + 0.01 * seed)]},
            width=512,
            seed=seed,
        )
        for seed in range(3)
    ]
    found = _claim(runs, "T1.16b")
    assert (found["verdict"], found["value"]) == ("holds", pytest.approx(0.31))


def _complexities(tmp_path: Path, power: float) -> list[Run]:
    runs = []
    for width in (4, 8, 16):
        for epochs in (10, 20, 40):
            config = EmcConfig(width=width, epochs=epochs).resolved(device="cpu", threads=1)
            run = create_run(
                tmp_path / "runs", "emc", f"w{width}", config.to_mapping(), {"num_parameters": 100 * width}
            )
            emc = round(10 * width * epochs**power)
            is_found = width < 16 or epochs < 40
            row = EmcRow(
                epochs=epochs, threshold=0.1, emc=emc, emc_low=0.9 * emc if is_found else None,
                emc_high=1.1 * emc if is_found else None, outcome="found" if is_found else "at-least",
                largest_fitted=emc, smallest_not_fitted=emc + 1, draws=4, num_probes=6, num_parameters=100 * width,
            )  # fmt: skip
            run.add_rows("emc", [row])
            run.finish("complete")
            runs.append(run)
    return runs


@pytest.mark.parametrize(("power", "verdict"), [(0.5, "holds"), (-0.5, "does not hold")])
def test_complexity_against_epochs_and_width(tmp_path: Path, power: float, verdict: str) -> None:
    runs = _complexities(tmp_path, power)
    made = _made("emc", runs)
    assert made.main.layout.iloc[-1]["emc"].startswith("at least ")
    exponents = made.table("emc-exponents").frame.set_index("against")
    assert exponents["exponent"]["training time"] == pytest.approx(power, abs=0.02)
    assert exponents["exponent"]["width"] == pytest.approx(1, abs=0.02)
    assert exponents["points"].tolist() == [8, 8]
    assert _claim(runs, "T5.7")["verdict"] == verdict
    assert len(made.figures[0].draw().axes) == 2


def test_one_complexity_has_no_exponent(tmp_path: Path) -> None:
    made = _made("emc", _complexities(tmp_path, 0.5)[:1])
    assert [table.name for table in made.tables] == ["emc"]
