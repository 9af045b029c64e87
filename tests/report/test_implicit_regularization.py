"""E_corr and accuracy against lambda, and the runs that have none."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from geomgen.errors import NoDataError
from geomgen.store.run import Run
from geomgen.training.tracking import ImplicitRegularizationRow
from tests.report.made_up_runs import RunMaker, training_row
from tests.report.reading import claim, report

RATES = (0.01, 0.02, 0.04, 0.08)


def gradient_row(epoch: int, e_corr: float, weight: float | None, bits: float = 0.3) -> ImplicitRegularizationRow:
    return ImplicitRegularizationRow(
        epoch=epoch, step=10 * epoch, loss_nats=0.1, gradient_square=1000 * e_corr, e_corr=e_corr,
        implicit_lambda=weight,
        correction_nats=None if weight is None else weight * e_corr, gradient_noise=1.0, gradient_snr=0.5,
        gradient_snr_stderr=0.1, bits_per_step=bits, bits_per_step_stderr=0.05, num_batches=16, num_images=1024,
        num_parameters=1000,
    )  # fmt: skip


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
    made = report("implicit-regularization", runs)
    assert made.main.frame["epoch"].tolist() == [2.0] * 4
    ranks = made.table("implicit-regularization-correlations").frame.set_index("quantity")["rank_correlation"]
    assert ranks["test_accuracy"] == pytest.approx(correlation)
    assert ranks["e_corr"] == pytest.approx(-correlation)
    assert claim(runs, "T5.9")["verdict"] == verdict
    assert made.figures[0].draw().axes[0].get_xscale() == "log"


def test_adam_has_no_lambda_to_report_on(make_run: RunMaker) -> None:
    run = make_run(tables={"training": [training_row(1)], "implicit_regularization": [gradient_row(1, 0.1, None)]})
    with pytest.raises(NoDataError, match="No training over several learning rates"):
        report("implicit-regularization", [run])
