"""Made-up records of gradients and of how far the parameters move."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from geomgen.store.run import Run
from geomgen.tables.training import ImplicitRegularizationRow, PointRow
from tests.report.made_up_runs import RunMaker, training_row

RATES = (0.01, 0.02, 0.04, 0.08)


def gradient_row(epoch: int, e_corr: float, weight: float | None, bits: float = 0.3) -> ImplicitRegularizationRow:
    return ImplicitRegularizationRow(
        epoch=epoch, step=10 * epoch, loss_nats=0.1, gradient_square=1000 * e_corr, e_corr=e_corr,
        implicit_lambda=weight,
        correction_nats=None if weight is None else weight * e_corr, gradient_noise=1.0, gradient_snr=0.5,
        gradient_snr_stderr=0.1, bits_per_step=bits, bits_per_step_stderr=0.05, num_batches=16, num_images=1024,
        num_parameters=1000,
    )  # fmt: skip


def runs_over_rates(make_run: RunMaker, sign: int) -> list[Run]:
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


def moved_runs(make_run: RunMaker, power: float) -> list[Run]:
    """Make runs whose parameters move by the root of the steps, and by a power of the width."""
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
    return runs
