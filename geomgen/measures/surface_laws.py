"""Trained points beside laws on the surface of parameters that fit exactly."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from jaxtyping import Float64
from torch import Tensor

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.measures.equations import Equations
from geomgen.measures.nearest_point import Paths
from geomgen.numerics.chain_mean import chain_mean
from geomgen.numerics.density_ratio import log_ratio_slope
from geomgen.numerics.seeds import generator
from geomgen.numerics.surface import Linearised
from geomgen.numerics.surface_chains import LogWeight, SurfaceChains, surface_chains
from geomgen.tables.surface import SurfaceLawRow

LARGEST_R_HAT = 1.1
RESOLVED = "resolved"


class _Profile(NamedTuple):
    """Numbers of points on the surface, by which two laws are compared."""

    log_prior: Float64[Tensor, " K"]
    half_log_det: Float64[Tensor, " K"]
    outputs: Float64[Tensor, "K m"]


def num_draws(config: NearestPointConfig) -> int:
    """Return how many draws each chain takes, those that are dropped among them."""
    return config.draws + config.draws // 2


def surface_laws(
    equations: Equations, found: Paths, config: NearestPointConfig, on_draw: Callable[[int], None]
) -> Iterator[SurfaceLawRow]:
    """Yield the row of each law: the prior on the surface, conditioned on it, and pushed to its nearest points.

    In coordinates of the prior, the surface's own measure in those of gradient descent has the density
    sqrt(det J J') / sqrt(det J_z J_z'), with J in the coordinates of gradient descent and J_z in those of the prior;
    conditioning on F = 0 has 1 / sqrt(det J_z J_z').

    Args:
        equations: What is solved.
        found: The trained and the nearest points.
        config: How long the chains are.
        on_draw: Called with the number of draws so far, of both chains.
    """
    trained = found.trained
    weights: dict[str, LogWeight] = {
        "prior": lambda at: equations.half_log_det(at) - at.half_log_det,
        "conditioned": lambda at: -at.half_log_det,
    }
    for index, (law, weight) in enumerate(weights.items()):
        chains = surface_chains(
            equations.system,
            trained / equations.unit,
            weight,
            num_draws=config.draws,
            burn_in=config.draws // 2,
            source=generator(config.seed, f"surface-chains-{law}"),
            on_draw=partial(_count, on_draw, index * num_draws(config)),
        )
        points = chains.points * equations.unit
        yield _row(law, _profile(equations, trained), _profile(equations, points), chains)
    half, other = trained[::2], found.nearest[1::2][found.is_found[1::2]]
    yield _row("nearest", _profile(equations, half), _profile(equations, other), None)


def _count(on_draw: Callable[[int], None], before: int, draw: int) -> None:
    on_draw(before + draw)


def _profile(equations: Equations, points: Tensor) -> _Profile:
    at = Linearised.at(equations.moved, points)
    return _Profile(equations.log_prior(points), at.half_log_det, equations.outputs(points / equations.unit))


def _row(law: str, trained: _Profile, its: _Profile, chains: SurfaceChains | None) -> SurfaceLawRow:
    from scipy.stats import ks_2samp

    slope = log_ratio_slope(trained.log_prior.numpy(), its.log_prior.numpy())
    prior, det = (ks_2samp(mine, other) for mine, other in zip(trained[:2], its[:2], strict=True))
    output = ks_2samp(trained.outputs[:, 0], its.outputs[:, 0]) if trained.outputs.shape[1] else None
    mixing = chain_mean(chains.energies) if chains else None
    return SurfaceLawRow(
        law=law,
        density_slope=1 + slope.value if slope else None,
        density_slope_stderr=slope.stderr if slope else None,
        log_prior_shift=float(trained.log_prior.mean() - its.log_prior.mean()),
        log_prior_distance=float(prior.statistic),
        log_prior_p_value=float(prior.pvalue),
        half_log_det_distance=float(det.statistic),
        half_log_det_p_value=float(det.pvalue),
        output_distance=float(output.statistic) if output else None,
        output_p_value=float(output.pvalue) if output else None,
        num_trained=len(trained.log_prior),
        num_sampled=len(its.log_prior),
        acceptance=chains.acceptance if chains else None,
        step_length=chains.step if chains else None,
        r_hat=mixing.r_hat if mixing else None,
        ess=mixing.ess if mixing else None,
        verdict=_verdict(slope is not None, mixing.r_hat if mixing else 1.0),
    )


def _verdict(overlaps: bool, r_hat: float) -> str:
    if not r_hat <= LARGEST_R_HAT:
        return "not mixed"
    return RESOLVED if overlaps else "no overlap"
