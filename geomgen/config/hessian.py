"""Options of ``geomgen hessian``."""

from dataclasses import dataclass

from geomgen.config.experiment import Experiment
from geomgen.config.measure import DerivativesConfig
from geomgen.fields import option

LARGEST_AUTO_DENSE = 5000


@dataclass(frozen=True)
class HessianConfig(DerivativesConfig):
    """Which matrix of second derivatives of the training loss is measured, of which images, and how."""

    operator: str = option(
        "hessian",
        "hessian: second derivatives of the mean loss; ggn: its generalised Gauss-Newton part; fisher: the empirical "
        "Fisher matrix, the mean of g g^T over the images' gradients g.",
        "Operator",
        choices=("hessian", "ggn", "fisher"),
    )
    samples: int = option(
        200,
        "Number of training images, N: the first N that the run trained on. The loss is their mean, without weight "
        "decay.",
        "Operator",
        minimum=1,
    )
    method: str = option(
        "auto",
        "dense: all eigenvalues, 24 D^2 bytes for D parameters; lanczos: the outermost eigenvalues, the density and "
        f"bounds of shares, at any size; auto: dense up to D = {LARGEST_AUTO_DENSE:,}.",
        "Method",
        choices=("auto", "dense", "lanczos"),
    )
    steps: int = option(60, "Lanczos steps per probe; more steps give narrower bounds.", "Method", minimum=1)
    probes: int = option(4, "Random start vectors of lanczos; more give smaller standard errors.", "Method", minimum=1)

    def chosen_method(self, dim: int) -> str:
        """Return the method for D parameters: dense or lanczos."""
        if self.method != "auto":
            return self.method
        return "dense" if dim <= LARGEST_AUTO_DENSE else "lanczos"


HESSIAN = Experiment(
    name="hessian",
    config=HessianConfig,
    about="""Measure the curvature of a run's training loss: eigenvalues and density of its Hessian, trace, sharpness.

    Also of the generalised Gauss-Newton and the empirical Fisher matrix. Adds rows to tables/hessian_summary.parquet,
    one per state, hessian_eigenvalues.parquet and hessian_density.parquet, replacing earlier rows of the same kind, and
    prints the run's directory.
    """,
    tables=("hessian_summary", "hessian_eigenvalues", "hessian_density"),
    shown=(
        *("state", "operator", "method", "dimension", "num_samples", "mean_loss", "trace", "trace_stderr"),
        *("eigenvalue_max", "eigenvalue_min", "near_zero_fraction_1e_4_low", "near_zero_fraction_1e_4_high"),
    ),
    measure="hessian:measure",
    cost="hessian:work",
)
