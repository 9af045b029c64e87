"""Made-up chains: where noise helps, and where it does nothing."""

import math

from geomgen.config.train import TrainConfig
from geomgen.report.claims.t3_diffusion import GENERALISING, MEMORISED, WIDTH
from geomgen.store.run import Run
from geomgen.tables.diffusion import DiffusionRow
from tests.report.made_up_runs import RunMaker


def row(n_beta: float, step: int, accuracy: float, trace: float, *, diverged: bool = False) -> DiffusionRow:
    return DiffusionRow(
        state="final", n_beta=n_beta, time_step=0.1, num_steps=200, num_chains=1, interval=100, num_probes=32, chain=0,
        step=step, num_samples=265, train_loss=0.1, test_loss=2.0, train_accuracy=1.0, test_accuracy=accuracy,
        hessian_trace=trace, hessian_trace_stderr=0.1, distance=0.1 * step, diverged=diverged,
    )  # fmt: skip


def path(n_beta: float, first: float, end: tuple[float, float], seed: int) -> list[DiffusionRow]:
    """Return rows from an accuracy and a trace of 800 to others, which differ between seeds, without a mean."""
    spread = (3 * seed + 2 * math.isfinite(n_beta)) % 5 - 2
    accuracy, trace = end[0] + 0.005 * spread, end[1] + spread
    return [
        row(n_beta, step, first + (accuracy - first) * step / 200, 800 + (trace - 800) * step / 200)
        for step in (0, 100, 200)
    ]


def continued(
    make_run: RunMaker, config: TrainConfig, first: float, noisy: tuple[float, float], still: tuple[float, float]
) -> list[Run]:
    """Return five runs whose chains with and without noise go from one test accuracy to others."""
    options = {name: value for name, value in config.to_mapping().items() if name not in {"width", "seed"}}
    return [
        make_run(
            tables={"diffusion": [*path(2e4, first, noisy, seed), *path(math.inf, first, still, seed)]},
            width=WIDTH, seed=seed, **options,
        )
        for seed in range(5)
    ]  # fmt: skip


def memorised(make_run: RunMaker, noisy: tuple[float, float], still: tuple[float, float] = (0.25, 900.0)) -> list[Run]:
    return continued(make_run, MEMORISED, 0.2, noisy, still)


def generalising(make_run: RunMaker, accuracy: float) -> list[Run]:
    return continued(make_run, GENERALISING, 1.0, (accuracy, 600.0), (1.0, 600.0))
