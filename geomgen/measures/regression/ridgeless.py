"""Linear regression on isotropic normal features by minimum-norm least squares, with its exact risk."""

import math

import torch
from torch import Tensor

from geomgen.config.regress import RidgelessConfig
from geomgen.measures.regression.draws import chunks, drawn
from geomgen.numerics.least_squares import minimum_norm
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.regression import RidgelessRow
from geomgen.theory.regression import excess_risk_tail, mean_excess_risk, median_excess_risk


def ridgeless(config: RidgelessConfig, progress: OnProgress) -> list[RidgelessRow]:
    """Return the risk of every number of features and design, measured and exact.

    Args:
        config: Options.
        progress: Called after every row.
    """
    grid = [(design, features) for design in config.design for features in config.features]
    rows = []
    for done, (design, features) in enumerate(grid, 1):
        rows.append(_row(design, features, config))
        progress(done, len(grid), f"{design} p={features}")
    return rows


def needed_bytes(config: RidgelessConfig) -> int:
    """Return the memory of one draw and its factorisation."""
    return 3 * 8 * config.samples * max(config.num_drawn(design, max(config.features)) for design in config.design)


def _row(design: str, features: int, config: RidgelessConfig) -> RidgelessRow:
    total = config.num_drawn(design, features)
    risks, norms = _drawn(design, features, total, config)
    left_out = config.signal * (1 - features / total)
    noise = config.noise_variance + left_out
    exact = (config.samples, features, config.signal - left_out, noise)
    risk = drawn(risks, excess_risk_tail(config.samples, features, noise))
    return RidgelessRow(
        design=design,
        features=features,
        samples=config.samples,
        repetitions=config.repetitions,
        excess_risk_mean=risk.mean,
        excess_risk_stderr=risk.stderr,
        excess_risk_stderr_note=risk.stderr_note,
        excess_risk_theory=left_out + mean_excess_risk(*exact),
        excess_risk_median=risk.median,
        excess_risk_median_stderr=risk.median_stderr,
        excess_risk_median_low=risk.median_low,
        excess_risk_median_high=risk.median_high,
        excess_risk_median_theory=left_out + median_excess_risk(*exact),
        solution_norm_median=float(norms.median()),
    )


def _drawn(design: str, features: int, total: int, config: RidgelessConfig) -> tuple[Tensor, Tensor]:
    """Return excess risk and norm of the solution of each draw, ``(R,)`` float64.

    Normal features have no preferred direction, so the coefficients may all be equal.
    """
    source = generator(config.seed, f"regress-ridgeless/{design}", features)
    coefficients = torch.full((total, 1), math.sqrt(config.signal / total), dtype=torch.float64)
    risks, norms = [], []
    for count in chunks(config.repetitions, config.samples * total):
        inputs = torch.randn(count, config.samples, total, generator=source, dtype=torch.float64)
        noise = torch.randn(count, config.samples, 1, generator=source, dtype=torch.float64)
        targets = inputs @ coefficients + math.sqrt(config.noise_variance) * noise
        solution = minimum_norm(inputs[..., :features], targets).solution
        errors = (solution - coefficients[:features]).square().sum((1, 2))
        risks.append(errors + coefficients[features:].square().sum())
        norms.append(solution.norm(dim=(1, 2)))
    return torch.cat(risks), torch.cat(norms)
