"""Made-up records of gradients and of how far the parameters move."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from geomgen.store.run import Run
from geomgen.tables.training import ImplicitRegularizationRow, PointRow
from tests.report.made_up_runs import RunMaker, training_row

RATES = (0.01, 0.02, 0.04, 0.08)
PENALTIES = (10.0, 100.0, 1000.0)


def gradient_row(epoch: int, e_corr: float, weight: float | None, bits: float = 0.3) -> ImplicitRegularizationRow:
    return ImplicitRegularizationRow(
        epoch=epoch, step=10 * epoch, loss_nats=0.1, gradient_square=1000 * e_corr, e_corr=e_corr,
        implicit_lambda=weight,
        correction_nats=None if weight is None else weight * e_corr, gradient_noise=1.0, gradient_snr=0.5,
        gradient_snr_stderr=0.1, bits_per_step=bits, bits_per_step_stderr=0.05, num_batches=16, num_images=1024,
        num_parameters=1000,
    )  # fmt: skip


def tracked_run(make_run: RunMaker, rank: int, seed: int, strength: float, power: float, **options: Any) -> Run:
    """Make a run whose loss falls the faster the larger its rank; at equal loss E_corr is a power of a strength."""
    losses = {epoch: 0.6 * 0.4**epoch / (1 + 0.5 * rank) for epoch in range(1, 7)}
    better = -np.sign(power) * 0.02 * np.log2(strength)
    training = [
        replace(training_row(epoch), train_loss_nats=loss, test_accuracy=0.8 + better + 0.001 * seed - loss / 10)
        for epoch, loss in losses.items()
    ]
    noise = 1 + 0.05 * ((3 * seed + 2 * rank) % 5)
    gradients = [
        replace(gradient_row(epoch, noise * loss**2 * strength**power, 250 * options["lr"]), loss_nats=loss)
        for epoch, loss in losses.items()
    ]
    tables: dict[str, Sequence[Any]] = {"training": training, "implicit_regularization": gradients}
    return make_run(tables=tables, optimizer="sgd", seed=seed, epochs=6, width=8, **options)


def runs_over_rates(make_run: RunMaker, sign: int, num_seeds: int = 3) -> list[Run]:
    """Make runs over learning rates and penalties: with sign 1 larger ones have smaller E_corr and better accuracy.

    With sign 0 E_corr depends on the loss only, so that at their best epochs larger rates have a smaller one.
    """
    seeds = range(num_seeds)
    power = -0.5 * sign
    rates = [
        tracked_run(make_run, rank, seed, lr / RATES[0], power, lr=lr)
        for seed in seeds
        for rank, lr in enumerate(RATES)
    ]
    penalties = [
        tracked_run(make_run, 0, seed, mu, power, lr=RATES[0], gradient_penalty=mu)
        for seed in seeds
        for mu in PENALTIES
    ]
    return [*rates, *penalties]


def moved_runs(make_run: RunMaker, power: float, lr: float = 0.001) -> list[Run]:
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
            made: dict[str, Any] = {
                "width": width,
                "seed": seed,
                "optimizer": "sgd",
                "lr": lr,
                "weight_decay": 0.0,
                "epochs": 1,
            }
            runs.append(make_run(tables=tables, **made))
    return runs
