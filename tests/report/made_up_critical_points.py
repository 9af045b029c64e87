"""Made-up searches for critical points: as in networks, and as in two null models."""

from collections.abc import Callable, Iterable

import numpy as np

from geomgen.report.claims.t3_saddles import SMALL_TANH
from geomgen.store.run import Run
from geomgen.tables.critical_points import CriticalPointRow
from tests.report.made_up_runs import RunMaker

DIMENSIONS = {1: 37, 2: 64, 4: 118}
Index = Callable[[int, np.random.Generator], Iterable[tuple[float, int]]]
"""Makes losses and numbers of negative eigenvalues in D dimensions."""


def network(dimension: int, source: np.random.Generator) -> list[tuple[float, int]]:
    """Return points whose index rises with the loss from a minimum, or from a saddle in many dimensions."""
    losses = np.linspace(0.5, 0.9, 30) + 0.001 * source.random(30)
    lowest = 0 if dimension < 60 else 1
    above = np.round(0.2 * dimension * (losses - 0.5) / 0.4).astype(int)
    minima = 12 if dimension < 60 else 0
    return [
        (float(loss), lowest if at < minima else max(lowest, int(count)))
        for at, (loss, count) in enumerate(zip(losses, above, strict=True))
    ]


def random_matrices(dimension: int, source: np.random.Generator) -> list[tuple[float, int]]:
    """Return eigenvalues of random symmetric matrices, at losses that have nothing to do with them."""
    entries = source.standard_normal((30, dimension, dimension))
    negative = (np.linalg.eigvalsh(entries + entries.transpose(0, 2, 1)) < 0).sum(1)
    return list(zip(source.random(30).tolist(), negative.tolist(), strict=True))


def independent_signs(dimension: int, source: np.random.Generator) -> list[tuple[float, int]]:
    """Return eigenvalues of which each is negative with a chance of 3 %."""
    return list(zip(source.random(30).tolist(), source.binomial(dimension, 0.03, 30).tolist(), strict=True))


def row(point: int, loss: float, num_negative: int, dimension: int, verdict: str = "critical") -> CriticalPointRow:
    return CriticalPointRow(
        state="initial", point=point, num_samples=100, l2=0.01, max_noise=1.0, max_iterations=200, num_points=30,
        position=0.5, noise_scale=0.5, verdict=verdict, penalised_loss=loss, index=num_negative / dimension,
        num_negative=num_negative, num_zero=0, dimension=dimension, gradient_norm=1e-9, start_gradient_norm=1.0,
        relative_residual=0.1, hessian_norm=10.0, eigenvalue_min=-0.1, eigenvalue_max=5.0, noise_floor=1e-7, norm=3.0,
        distance=1.0, iterations=40,
    )  # fmt: skip


def searched(make_run: RunMaker, points: Index, seeds: int = 3, widths: Iterable[int] = DIMENSIONS) -> list[Run]:
    """Return runs of some widths with made-up critical points, and a search of each that ended elsewhere."""
    options = {name: value for name, value in SMALL_TANH.to_mapping().items() if name not in {"width", "seed"}}
    return [
        make_run(
            tables={
                "critical_points": [
                    row(place, loss, count, DIMENSIONS[width])
                    for place, (loss, count) in enumerate(points(DIMENSIONS[width], np.random.default_rng(seed)))
                ] + [row(-1, 0.4, 0, DIMENSIONS[width], "gradient-flat")]
            },
            width=width, seed=seed, **options,
        )
        for width in widths for seed in range(seeds)
    ]  # fmt: skip
