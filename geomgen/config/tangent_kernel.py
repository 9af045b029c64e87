"""Options of ``geomgen tangent-kernel``."""

from dataclasses import dataclass

from geomgen.config.experiment import Experiment
from geomgen.config.measure import DerivativesConfig


@dataclass(frozen=True)
class TangentKernelConfig(DerivativesConfig):
    """At which parameters, and for which images, the tangent kernel is measured."""


TANGENT_KERNEL = Experiment(
    name="tangent-kernel",
    config=TangentKernelConfig,
    about="""Measure a run's neural tangent kernel: its spectrum, condition number, effective rank and label alignment.

    K = J J^T, with J the Jacobian of the logits of N training images with respect to the parameters.
    Adds rows to tables/tangent_kernel.parquet, one per state, and tangent_kernel_spectrum.parquet, one per eigenvalue,
    replacing earlier rows of the same kind, and prints the run's directory.
    """,
    tables=("tangent_kernel", "tangent_kernel_spectrum"),
    shown=(
        *("state", "num_samples", "outputs", "largest_eigenvalue", "smallest_eigenvalue"),
        *("condition_number", "effective_rank", "label_alignment"),
    ),
    measure="derivatives:measure",
    rows="tangent_kernel:rows",
    cost="derivatives:work",
)
