"""Runs of ``nearest-point`` whose networks were never trained."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.store.run import Run, create_run
from geomgen.tables.surface import NearestPointSummaryRow, SurfaceLawRow

SUMMARY = NearestPointSummaryRow(
    num_equations=8, num_parameters=113, num_networks=200, num_converged=200, distance_trained=1.0,
    distance_nearest=0.98, distance_linear=1.1, relative_distance=0.2, distance_ratio=1.02, distance_ratio_stderr=0.001,
    linear_ratio=1.1, linear_ratio_stderr=0.002, log10_curvature=-0.9, log10_curvature_range=0.3,
    log_curvature_std=0.16, log_prior_std=7.0,
)  # fmt: skip
LAW = SurfaceLawRow(
    law="prior", density_slope=1.0, density_slope_stderr=0.01, log_prior_shift=0.1, log_prior_distance=0.05,
    log_prior_p_value=0.5, half_log_det_distance=0.05, half_log_det_p_value=0.5, output_distance=0.05,
    output_p_value=0.5, num_trained=200, num_sampled=200, acceptance=0.7, step_length=0.2, r_hat=1.01, ess=4000.0,
    verdict="resolved",
)  # fmt: skip


def surface_run(
    folder: Path,
    width: int,
    seed: int,
    *,
    depth: int = 1,
    slope: float = 1.0,
    verdict: str = "resolved",
    **changed: Any,
) -> Run:
    """Return a run with a summary of which some columns are given, and two laws, one of which has not mixed."""
    config = NearestPointConfig(width=width, depth=depth, seed=seed, threads=1)
    run = create_run(folder, "nearest-point", f"w{width}-s{seed}", config.to_mapping(), {})
    run.add_rows("nearest_point_summary", [replace(SUMMARY, **changed)])
    conditioned = replace(LAW, law="conditioned", r_hat=1.2, verdict="not mixed")
    run.add_rows("surface_laws", [replace(LAW, density_slope=slope, verdict=verdict), conditioned])
    run.finish("complete")
    return run
