"""The set of optimal parameters of linear models: its fraction of directions, and its distance from the prior."""

import math

import torch
from torch import Tensor

from geomgen.config.regress import OptimalSetConfig
from geomgen.measures.regression.draws import chunks, drawn
from geomgen.numerics.least_squares import minimum_norm
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.regression import OptimalSetRow
from geomgen.theory.regression import (
    distance_tail,
    mean_distance_to_optimal_set,
    optimal_fraction,
    relative_distance_tail,
)


def optimal_set(config: OptimalSetConfig, progress: OnProgress) -> list[OptimalSetRow]:
    """Return size and distance of the optimal set for every number of features.

    Args:
        config: Options.
        progress: Called after every number of features.
    """
    rows = []
    for done, features in enumerate(config.features, 1):
        rows.append(_row(features, config))
        progress(done, len(config.features), f"P={features}")
    return rows


def needed_bytes(config: OptimalSetConfig) -> int:
    """Return the memory of one draw and its factorisation."""
    return 3 * 8 * config.samples * max(config.features)


def _row(features: int, config: OptimalSetConfig) -> OptimalSetRow:
    ranks, distances, relative = _drawn(features, config)
    distance = drawn(distances, distance_tail(config.samples, features))
    ratio = drawn(relative, relative_distance_tail(config.samples, features))
    return OptimalSetRow(
        features=features,
        samples=config.samples,
        repetitions=config.repetitions,
        min_rank=int(ranks.min()),
        max_rank=int(ranks.max()),
        optimal_fraction=float((features - ranks).double().mean()) / features,
        optimal_fraction_theory=optimal_fraction(config.samples, features),
        distance_mean=distance.mean,
        distance_stderr=distance.stderr,
        distance_stderr_note=distance.stderr_note,
        distance_theory=mean_distance_to_optimal_set(config.samples, features),
        distance_median=distance.median,
        distance_median_low=distance.median_low,
        distance_median_high=distance.median_high,
        relative_distance_mean=ratio.mean,
        relative_distance_stderr=ratio.stderr,
        relative_distance_stderr_note=ratio.stderr_note,
        relative_distance_median=ratio.median,
        relative_distance_median_low=ratio.median_low,
        relative_distance_median_high=ratio.median_high,
    )


def _drawn(features: int, config: OptimalSetConfig) -> tuple[Tensor, Tensor, Tensor]:
    """Return rank, distance and distance over the norm of the initial parameters of each draw, ``(R,)``.

    Features have variance 1/P, so that predictions of the prior have variance 1, like the targets.
    """
    source = generator(config.seed, "regress-optimal-set", features)
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    for count in chunks(config.repetitions, config.samples * features):
        inputs, targets, initial = (
            torch.randn(count, *shape, generator=source, dtype=torch.float64)
            for shape in ((config.samples, features), (config.samples, 1), (features, 1))
        )
        inputs /= math.sqrt(features)
        moved = minimum_norm(inputs, targets - inputs @ initial)
        distance = moved.solution.norm(dim=(1, 2))
        found.append((moved.rank, distance, distance / initial.norm(dim=(1, 2))))
    ranks, distances, relative = (torch.cat(parts) for parts in zip(*found, strict=True))
    return ranks, distances, relative
