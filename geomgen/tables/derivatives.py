"""Tables of derivatives of the logits: the rank of the Jacobian, the tangent kernel, and gradient descent as a flow."""

from dataclasses import dataclass

from geomgen.fields import column


@dataclass(frozen=True)
class JacobianRow:
    """The Jacobian at one state: a row of ``jacobian_rank.parquet``."""

    state: str = column("Parameters: initial, final, or a checkpoint's name.", key=True)
    num_samples: int = column("Training images, N.", key=True)
    outputs: int = column("Logits per image, d.")
    num_parameters: int = column("Parameters, k.")
    rank: int = column("Numerical rank of the Jacobian.")
    manifold_dim: int = column("Dimension of the set of parameters with the same logits: k minus rank.")
    manifold_dim_theory: int = column("k - N d, or 0.")
    optimal_fraction: float = column("manifold_dim / k: the fraction of directions that keep the logits.")
    largest_singular_value: float = column("Largest singular value of the Jacobian, per unit of a parameter.")
    smallest_singular_value: float = column(
        "Smallest of its min(N d, k) singular values; below the cut-off it is rounding."
    )
    cut_off: float = column("Singular values up to this count as zero: max(N d, k) eps times the largest.")


@dataclass(frozen=True)
class TangentKernelRow:
    """The tangent kernel at one state: a row of ``tangent_kernel.parquet``."""

    state: str = column("Parameters: initial, final, or a checkpoint's name.", key=True)
    num_samples: int = column("Images, N.", key=True)
    outputs: int = column("Logits per image, d.")
    num_parameters: int = column("Parameters, k.")
    trace_per_sample: float = column("tr K / N: squared length of the logits' gradients per image.")
    largest_eigenvalue: float = column("Largest eigenvalue of K, in squared logits per squared unit of a parameter.")
    smallest_eigenvalue: float = column("Smallest of its N d eigenvalues; not below 0.")
    condition_number: float | None = column("Largest over smallest eigenvalue; null if the smallest is rounding.")
    effective_rank: float = column("(tr K)^2 / |K|_F^2, between 1 and N d; NaN if K is 0.")
    label_alignment: float = column(
        "y^T K y / (|K|_F |y|^2), at most 1: y is the one-hot labels minus each class's mean, as N d numbers; NaN if "
        "K or y is 0."
    )


@dataclass(frozen=True)
class SpectrumRow:
    """An eigenvalue of the tangent kernel: a row of ``tangent_kernel_spectrum.parquet``."""

    state: str = column("Parameters: initial, final, or a checkpoint's name.", key=True)
    num_samples: int = column("Images, N.", key=True)
    index: int = column("Index of the eigenvalue in descending order, from 0.", key=True)
    eigenvalue: float = column(
        "Eigenvalue of K, in squared logits per squared unit of a parameter; rounding counts as 0."
    )


@dataclass(frozen=True)
class ModifiedFlowOrderRow:
    """The order of the error in h: a row of ``modified_flow_orders.parquet``."""

    problem: str = column("Loss that is minimised.", key=True)
    correction: float = column("c: the flow is that of E + c (h/4) |grad E|^2; 0 is gradient flow.", key=True)
    order: float = column("Slope of ln error against ln h.")
    order_stderr: float = column("Standard error of order, from the residuals.")
    order_low: float = column("Lower end of the 95 % interval of order.")
    order_high: float = column("Upper end of the 95 % interval of order.")
    order_theory: float = column("3 where c = 1, else 2.")
    num_steps: int = column("Number of step sizes in the fit.")
    num_parameters: int = column("m.")


@dataclass(frozen=True)
class ModifiedFlowRow:
    """One gradient-descent step compared with one flow: a row of ``modified_flow.parquet``."""

    problem: str = column("Loss that is minimised.", key=True)
    correction: float = column("c: the flow is that of E + c (h/4) |grad E|^2; 0 is gradient flow.", key=True)
    step_size: float = column("h: the step's learning rate, and the flow's time.", key=True)
    error: float = column("Euclidean distance between the ends of the step and the flow.")
    order: float | None = column("log2 of the error at 2 h over that at h; null for the largest h.")
    resolved: bool = column("Whether the error is far enough above rounding to count in the fitted order.")


TABLES = {
    "jacobian_rank": JacobianRow,
    "tangent_kernel": TangentKernelRow,
    "tangent_kernel_spectrum": SpectrumRow,
    "modified_flow_orders": ModifiedFlowOrderRow,
    "modified_flow": ModifiedFlowRow,
}
