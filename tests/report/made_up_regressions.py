"""Runs of regressions and networks' Jacobians that were never made: real run directories with made-up numbers."""

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from geomgen.config.base import Config
from geomgen.config.registry import record_of
from geomgen.config.regress import LinearConfig, OptimalSetConfig, PolynomialConfig, RffConfig
from geomgen.store.run import Run, create_run
from geomgen.tables.derivatives import JacobianRow
from geomgen.tables.regression import LinearSummaryRow, OptimalSetRow, PolynomialRow, RffRow

Row = TypeVar("Row")
DIGEST = {"data_sha256": "abcdef0123456789"}
FEATURES = (10, 50, 90, 100, 110, 200, 400, 1000)


def filled(kind: type[Row], **values: Any) -> Row:
    """Return a row in which every column that is not named is 0, true or empty."""
    types = get_type_hints(kind)
    empty = {int: 0, float: 0.0, bool: True, str: ""}
    return kind(**{name: empty.get(kind_of_value) for name, kind_of_value in types.items()} | values)


def made(root: Path, config: Config, tables: dict[str, Sequence[Any]], **facts: Any) -> Run:
    """Make a run whose id sorts after those made before."""
    count = len(list(root.iterdir())) if root.exists() else 0
    run = create_run(root, record_of(config).name, "made-up", config.filled().to_mapping(), facts)
    run = Run(run.path.rename(run.path.with_name(f"{count:04d}-{run.id}")))
    for name, rows in tables.items():
        run.add_rows(name, rows)
    run.finish("complete")
    return run


def double_descent(features: int, samples: int, seed: int) -> float:
    """Return a test error that peaks where features equal samples, and is lowest at the end."""
    return (1 + 0.01 * seed) * (1 / math.sqrt(features) + 0.5 / (1 + abs(features / samples - 1) * 20))


def rff_run(
    root: Path,
    seed: int,
    error: Callable[[int, int, int], float] = double_descent,
    norm: Callable[[int], float] = lambda features: features**-0.5,
    digest: str = DIGEST["data_sha256"],
    **options: Any,
) -> Run:
    config = RffConfig(seed=seed, samples=options.pop("samples", 100), features=FEATURES, **options)
    scaled = [round(count * config.samples / 100) for count in FEATURES]
    rows = [
        filled(
            RffRow, features=features, ridge=config.ridge[0], samples=config.samples, outputs=10,
            test_samples=config.test_samples, test_error=error(features, config.samples, seed),
            solution_norm=norm(features) * (1 + 0.01 * seed),
        )
        for features in scaled
    ]  # fmt: skip
    return made(root, config, {"regress_rff": rows}, data_sha256=digest)


def polynomial_run(root: Path, seed: int, bias: Callable[[int], float], lowest: int = 4, **options: Any) -> Run:
    """Make a run whose variance grows by a factor e each degree and whose test error is lowest at a degree."""
    config = PolynomialConfig(seed=seed, **options)
    rows = [
        filled(
            PolynomialRow, basis="legendre", degree=degree, samples=config.samples, inputs=config.inputs,
            repetitions=config.repetitions,
            bias_squared=bias(degree) * (1 + 0.01 * seed), variance=2.718**degree * (1 + 0.1 * ((degree + seed) % 2)),
            test_error=1.0 + abs(degree - lowest),
        )
        for degree in range(11)
    ]  # fmt: skip
    return made(root, config, {"regress_polynomial": rows})


def linear_run(root: Path, seed: int, mean: float = 0.5, variance: float = 0.01, **options: Any) -> Run:
    """Make a run whose posterior has mean 0.5 and variance 0.01."""
    config = LinearConfig(seed=seed, **options)
    rows = [
        filled(
            LinearSummaryRow, model=model, repetitions=config.repetitions, slope_mean=mean, slope_variance=variance,
            posterior_mean=0.5, posterior_variance=0.01,
        )
        for model in ("ordinary", "slight", "very")
    ]  # fmt: skip
    return made(root, config, {"regress_linear_summary": rows})


def optimal_set_run(root: Path, min_rank: int = 5, fraction: float = 0.5) -> Run:
    """Make a run of 5 samples with fewer and with more features."""
    rows = [
        filled(
            OptimalSetRow, features=features, samples=5, min_rank=rank, max_rank=min(features, 5),
            optimal_fraction=free, optimal_fraction_theory=max(0.0, 1 - 5 / features),
        )
        for features, rank, free in ((3, 2, 0.5), (10, min_rank, fraction))
    ]  # fmt: skip
    return made(root, OptimalSetConfig(samples=5, features=(3, 10)), {"regress_optimal_set": rows})


def jacobian_rows(ranks: Iterable[tuple[int, float]]) -> list[JacobianRow]:
    """Return states of networks with 100 parameters and 20 equations, by rank and smallest singular value."""
    return [
        filled(
            JacobianRow, state=f"step-{index}", num_samples=2, outputs=10, num_parameters=100, rank=rank,
            manifold_dim=100 - rank, manifold_dim_theory=80, largest_singular_value=1.0,
            smallest_singular_value=smallest, cut_off=100 * 2.2e-16,
        )
        for index, (rank, smallest) in enumerate(ranks)
    ]  # fmt: skip
