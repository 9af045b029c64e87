"""Tables of the curvature of the loss: what sums up a spectrum, its eigenvalues, and its density."""

from dataclasses import dataclass
from typing import Any

from geomgen.fields import column

THRESHOLDS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
"""Ratios to the largest |lambda| up to which an eigenvalue counts as near zero."""


def share_column(threshold: float) -> str:
    """Return the name of the column with the share of eigenvalues near zero."""
    return f"near_zero_fraction_{threshold:.0e}".replace("e-0", "e_")


def _key(doc: str) -> Any:
    return column(doc, key=True)


def _near_zero(threshold: float) -> Any:
    return column(
        f"Share of eigenvalues with |lambda| at most {threshold:g} times the largest; without all eigenvalues, the "
        "middle of its bounds."
    )


def _at_least() -> Any:
    return column("What the share before is at least: bounds from the moments, with the 95 % interval of the probes.")


def _at_most() -> Any:
    return column("What that share is at most.")


STATE = "Parameters: initial, final, or a checkpoint's name."
OPERATOR = "hessian, ggn (generalised Gauss-Newton matrix) or fisher (empirical Fisher matrix), of the mean loss."
METHOD = "dense: all eigenvalues; lanczos: quadrature by Lanczos steps from random signs."
SAMPLES = "Training images that the loss is the mean of, N."
STEPS = "Lanczos steps per probe, m; fewer than asked for if its space ended; null if dense."
PROBES = "Random start vectors; null if dense."


@dataclass(frozen=True)
class HessianSummaryRow:
    """The curvature at one state: a row of ``hessian_summary.parquet``."""

    state: str = _key(STATE)
    operator: str = _key(OPERATOR)
    method: str = _key(METHOD)
    num_samples: int = _key(SAMPLES)
    num_steps: int | None = _key(STEPS)
    num_probes: int | None = _key(PROBES)
    dimension: int = column("Parameters, D.")
    num_classes: int = column("Logits per image, C.")
    mean_loss: float = column("Mean loss of the images: nats, or squared error summed over outputs, as trained with.")
    gradient_norm: float = column("Euclidean norm of its gradient.")
    trace: float = column("Sum of the eigenvalues.")
    trace_stderr: float | None = column("Standard error of trace over the probes; 0 if exact, null with one probe.")
    frobenius_norm: float = column("Root of the sum of squared eigenvalues.")
    frobenius_norm_stderr: float | None = column("Standard error of frobenius_norm; 0 if exact, null with one probe.")
    eigenvalue_max: float = column("Largest eigenvalue.")
    eigenvalue_max_bound: float = column("How far from eigenvalue_max an eigenvalue is at most.")
    eigenvalue_min: float = column("Smallest eigenvalue.")
    eigenvalue_min_bound: float = column("How far from eigenvalue_min an eigenvalue is at most.")
    noise_floor: float = column("Rounding: D eps times the largest |lambda|, eps of float64.")
    negative_fraction: float = column("Share of eigenvalues below -noise_floor; as the shares near zero.")
    negative_fraction_low: float = _at_least()
    negative_fraction_high: float = _at_most()
    near_zero_fraction_1e_2: float = _near_zero(1e-2)
    near_zero_fraction_1e_2_low: float = _at_least()
    near_zero_fraction_1e_2_high: float = _at_most()
    near_zero_fraction_1e_3: float = _near_zero(1e-3)
    near_zero_fraction_1e_3_low: float = _at_least()
    near_zero_fraction_1e_3_high: float = _at_most()
    near_zero_fraction_1e_4: float = _near_zero(1e-4)
    near_zero_fraction_1e_4_low: float = _at_least()
    near_zero_fraction_1e_4_high: float = _at_most()
    near_zero_fraction_1e_5: float = _near_zero(1e-5)
    near_zero_fraction_1e_5_low: float = _at_least()
    near_zero_fraction_1e_5_high: float = _at_most()
    near_zero_fraction_1e_6: float = _near_zero(1e-6)
    near_zero_fraction_1e_6_low: float = _at_least()
    near_zero_fraction_1e_6_high: float = _at_most()
    effective_rank: float = column("(sum |lambda|)^2 / sum lambda^2, between 1 and D; 0 if all are 0.")
    num_outliers: int | None = column(
        "Eigenvalues above the widest gap, the largest ratio of one to the next among the 3 C largest; null if those "
        "are not resolved to 1 %."
    )
    sharpness_times_lr: float | None = column(
        "Largest eigenvalue times the learning rate: 2 is the edge of stability of plain gradient descent; null if the "
        "rate is unknown."
    )
    dead_inputs: int = column("Pixels that are 0 in all the images.")
    dead_units: int | None = column("ReLU units that are 0 for all the images; null if not an mlp of ReLU.")
    logit_shift_zeros: int = column(
        "Directions that shift all logits alike, on which cross-entropy does not depend: h + 1 of a last layer with h "
        "inputs and a bias."
    )
    known_zeros: int = column("Dimension of the eigenspace of 0 that dead pixels, dead units and the shift explain.")
    rank_bound: int | None = column(
        "Largest rank that the operator can have: N (C - 1) for ggn with cross-entropy, N C with squared error, N for "
        "fisher, at most D; null for hessian."
    )


@dataclass(frozen=True)
class HessianEigenvalueRow:
    """An eigenvalue: a row of ``hessian_eigenvalues.parquet``."""

    state: str = _key(STATE)
    operator: str = _key(OPERATOR)
    method: str = _key(METHOD)
    num_samples: int = _key(SAMPLES)
    num_steps: int | None = _key(STEPS)
    num_probes: int | None = _key(PROBES)
    index: int = _key("Index in descending order, from 0.")
    eigenvalue: float = column("Eigenvalue; of lanczos a Ritz value of the first probe, each eigenvalue at most once.")
    residual_bound: float = column("How far away an eigenvalue of the operator is at most, rounding included.")


@dataclass(frozen=True)
class HessianDensityRow:
    """The density of the spectrum at one point: a row of ``hessian_density.parquet``."""

    state: str = _key(STATE)
    operator: str = _key(OPERATOR)
    method: str = _key(METHOD)
    num_samples: int = _key(SAMPLES)
    num_steps: int | None = _key(STEPS)
    num_probes: int | None = _key(PROBES)
    index: int = _key("Index of the point, from 0.")
    eigenvalue: float = column("Where.")
    density: float = column("Share of the eigenvalues per unit of the eigenvalue; its integral is 1.")
    broadening: float = column("Standard deviation of the normal distribution that each eigenvalue is spread out to.")


TABLES = {
    "hessian_summary": HessianSummaryRow,
    "hessian_eigenvalues": HessianEigenvalueRow,
    "hessian_density": HessianDensityRow,
}
