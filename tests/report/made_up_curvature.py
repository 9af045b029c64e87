"""Made-up rows of curvature: of dense spectra, or of Lanczos steps that leave shares open."""

from typing import Any

from geomgen.tables.curvature import THRESHOLDS, HessianDensityRow, HessianSummaryRow, share_column

DENSE: dict[str, Any] = {"operator": "hessian", "method": "dense", "num_samples": 50, "num_steps": None,
                         "num_probes": None}  # fmt: skip
LANCZOS: dict[str, Any] = DENSE | {"method": "lanczos", "num_steps": 60, "num_probes": 4}


def summary_row(
    state: str, share: float, keys: dict[str, Any] = DENSE, *, spread: float = 0.0, **numbers: Any
) -> HessianSummaryRow:
    """Return a summary in which the same share is near zero by each threshold, give or take a spread."""
    ends = {"": share, "_low": share - spread, "_high": share + spread}
    shares = {f"{share_column(limit)}{end}": value for limit in THRESHOLDS for end, value in ends.items()}
    others: dict[str, Any] = {
        "dimension": 100, "num_classes": 10, "mean_loss": 0.5, "gradient_norm": 0.1, "trace": 30.0, "trace_stderr": 0.0,
        "frobenius_norm": 21.0, "frobenius_norm_stderr": 0.0, "eigenvalue_max": 20.0, "eigenvalue_max_bound": 0.0,
        "eigenvalue_min": -1.0, "eigenvalue_min_bound": 0.0, "noise_floor": 1e-12, "negative_fraction": 0.1,
        "negative_fraction_low": 0.1, "negative_fraction_high": 0.1, "effective_rank": 5.0, "num_outliers": 9,
        "sharpness_times_lr": 2.0, "dead_inputs": 0, "dead_units": 0, "logit_shift_zeros": 5, "known_zeros": 20,
        "rank_bound": None,
    }  # fmt: skip
    return HessianSummaryRow(state=state, **(keys | others | shares | numbers))


def density_rows(state: str, keys: dict[str, Any] = DENSE) -> list[HessianDensityRow]:
    """Return a density of three points."""
    points = zip((-1.0, 0.0, 20.0), (0.0, 1.0, 0.1), strict=True)
    return [
        HessianDensityRow(state=state, index=index, eigenvalue=point, density=height, broadening=0.1, **keys)
        for index, (point, height) in enumerate(points)
    ]


def curvature(*rows: HessianSummaryRow) -> dict[str, list[Any]]:
    """Return the tables of a run with these summaries."""
    return {"hessian_summary": [*rows], "hessian_density": [one for row in rows for one in density_rows(row.state)]}
