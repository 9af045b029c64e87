"""``geomgen tangent-kernel``: the neural tangent kernel of a finished run."""

from geomgen.config.tangent_kernel import TangentKernelConfig
from geomgen.experiments.derivatives import AtState, states, work
from geomgen.experiments.measure_run import measured
from geomgen.experiments.new_run import Tables
from geomgen.measures.tangent_kernel import eigenvalues, spectrum_rows, tangent_kernel_row
from geomgen.measures.tangent_kernel import tangent_kernel as kernel_of
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.tables.derivatives import SpectrumRow, TangentKernelRow

__all__ = ["tangent_kernel", "work"]
TABLE, SPECTRUM_TABLE = "tangent_kernel", "tangent_kernel_spectrum"


def tangent_kernel(
    run: Run, config: TangentKernelConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[TangentKernelRow]:
    """Measure the tangent kernel of a run's logits on its first training images.

    Args:
        run: A finished training.
        config: Which states, and how many images.
        reuse: Whether to do nothing if the run has already been measured with this config.
        progress: Called after every state.

    Returns:
        The new measurements: one row per state.

    Raises:
        DataError: If the run is unfinished or damaged.
        UsageError: If there are too few images, or the work does not fit in memory.
    """
    tables = measured(run, config, lambda config: _measure(run, config, progress), reuse=reuse)
    return list(tables.get(TABLE, ()))


def _measure(run: Run, config: TangentKernelConfig, progress: OnProgress) -> Tables:
    found = [_rows(at) for at in states(run, config, progress)]
    return {SPECTRUM_TABLE: [row for _, spectrum in found for row in spectrum], TABLE: [row for row, _ in found]}


def _rows(at: AtState) -> tuple[TangentKernelRow, list[SpectrumRow]]:
    kernel = kernel_of(at.network, at.theta, at.inputs)
    spectrum = eigenvalues(kernel)
    row = tangent_kernel_row(kernel, spectrum, at.labels, at.state, len(at.theta))
    return row, spectrum_rows(spectrum, at.state, len(at.inputs))
