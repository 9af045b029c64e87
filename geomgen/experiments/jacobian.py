"""``geomgen jacobian``: the dimension of the set of parameters that fit like a finished run's."""

from geomgen.config.jacobian import JacobianConfig
from geomgen.experiments.derivatives import AtState, states, work
from geomgen.experiments.measure_run import measured
from geomgen.measures.jacobian import jacobian_row, singular_values
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.tables.derivatives import JacobianRow

__all__ = ["jacobian", "work"]
TABLE = "jacobian_rank"


def jacobian(
    run: Run, config: JacobianConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[JacobianRow]:
    """Measure the rank of the Jacobian of a run's logits on its first training images.

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
    tables = measured(
        run, config, lambda config: {TABLE: [_row(at) for at in states(run, config, progress)]}, reuse=reuse
    )
    return list(tables.get(TABLE, ()))


def _row(at: AtState) -> JacobianRow:
    values = singular_values(at.network, at.theta, at.inputs)
    return jacobian_row(values, at.state, len(at.inputs), at.num_classes, len(at.theta))
