"""Made-up rows of volumes of parameters."""

from dataclasses import replace

from geomgen.tables.parameter_volume import ParameterVolumeRow


def volume_row(
    log_volume_nats: float, method: str = "saddlepoint", gauge: str = "as-is", trace: float = 1.0
) -> ParameterVolumeRow:
    return ParameterVolumeRow(
        state="final", method=method, behaviour="kl", weighting="prior", preconditioner=None, gauge=gauge,
        tolerance=0.01, num_samples=100, prior_std=None, curvature_floor=None, num_directions=None,
        direction_seed=None, log_volume_nats=log_volume_nats, stderr=0.0, d_log_volume_d_log_tolerance=5.0,
        d_log_volume_d_log_tolerance_stderr=0.0, is_lower_bound=False, verdict="resolved", ess=None, pareto_k=None,
        num_censored=None, num_parameters=10, log_unit_ball_nats=1.0, log_preconditioner_nats=None,
        log_eigenvalue_product_nats=3.0, trace=trace, num_flat=0, flat_floor=1e-12, num_negative=0,
    )  # fmt: skip


def drawn_row(log_volume_nats: float, verdict: str = "resolved") -> ParameterVolumeRow:
    return replace(
        volume_row(log_volume_nats, "monte-carlo"), preconditioner="low-rank", num_directions=100, direction_seed=0,
        is_lower_bound=verdict != "resolved", verdict=verdict, ess=50.0, pareto_k=0.2, num_censored=0, trace=None,
    )  # fmt: skip
