"""The set of optimal parameters of linear models: its fraction of directions, and its distance from the prior."""

import math

import torch
from torch import Tensor

from geomgen.config.regress import OptimalSetConfig
from geomgen.measures.regression.draws import chunks, mean_and_stderr
from geomgen.numerics.least_squares import minimum_norm
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.regression import OptimalSetRow
from geomgen.theory.regression import mean_distance_to_optimal_set, optimal_fraction


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
    distance, stderr = mean_and_stderr(distances)
    relative_distance, relative_stderr = mean_and_stderr(relative)
    return OptimalSetRow(
        features=features,
        samples=config.samples,
        repetitions=config.repetitions,
        min_rank=int(ranks.min()),
        max_rank=int(ranks.max()),
        optimal_fraction=float((features - ranks).double().mean()) / features,
        optimal_fraction_theory=optimal_fraction(config.samples, features),
        distance_mean=distance,
        distance_stderr=stderr,
        distance_theory=mean_distance_to_optimal_set(config.samples, features),
        relative_distance_mean=relative_distance,
        relative_distance_stderr=relative_stderr,
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
