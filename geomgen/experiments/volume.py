"""``geomgen volume``: the log determinant of a finished run's activations."""

from geomgen.config.import_run import WithNetwork
from geomgen.config.volume import VolumeConfig
from geomgen.experiments.activation_source import ActivationMatrix, ActivationSource, activation_work
from geomgen.experiments.measure_run import measured
from geomgen.experiments.work import Work
from geomgen.measures.log_determinant import log_determinant, participation_ratio, spectrum, total_correlation
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.tables.activations import LogDeterminantRow

TABLE = "activation_volume"
EIGENVALUES_FLOPS = 30  # times d^3: ten, at a third of the speed of float32 products


def volume(
    run: Run, config: VolumeConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[LogDeterminantRow]:
    """Measure the volume of a run's activations on the test images and store it in ``activation_volume.parquet``.

    Args:
        run: A finished training.
        config: Which activations, and which rules.
        reuse: Whether to do nothing if the run has already been measured with this config.
        progress: Called after every matrix.

    Returns:
        The new measurements: one row per layer, site, state, condition and rule.

    Raises:
        DataError: If the run is unfinished or damaged.
        UsageError: If a layer does not exist, or the work does not fit in memory.
    """
    tables = measured(run, config, lambda config: {TABLE: _measure(run, config, progress)}, reuse=reuse)
    return list(tables.get(TABLE, ()))


def _measure(run: Run, config: VolumeConfig, progress: OnProgress) -> list[LogDeterminantRow]:
    trained = ActivationSource(run, config)
    trained.require_memory("The volume", work_bytes(len(trained.dataset.test), trained.most_units))
    return trained.each(lambda sample: _rows(sample, config), progress)


def work(config: VolumeConfig, made: WithNetwork) -> Work:
    """Return the work of a volume: passes, and a Gram matrix with its eigenvalues per matrix of activations."""
    source = activation_work(config, made)
    each = sum(2.0 * source.num_images * units**2 + EIGENVALUES_FLOPS * float(units) ** 3 for units in source.units)
    return source.with_each(each, work_bytes(source.num_images, max(source.units)))


def work_bytes(num_images: int, units: int) -> int:
    """Return the memory of one matrix: a copy in float64, in blocks, and its Gram matrix with work space."""
    return 4 * num_images * units + 3 * 8 * units**2


def _rows(sample: ActivationMatrix, config: VolumeConfig) -> list[LogDeterminantRow]:
    found = spectrum(sample.data)
    rows = []
    for rule in config.rule:
        log_det, num_kept = log_determinant(found, rule, config.floor)
        rows.append(
            LogDeterminantRow(
                **sample.keys,
                rule=rule,
                floor=config.floor if rule == "floor" else None,
                log_det_nats=log_det,
                num_resolved=found.num_resolved,
                num_kept=num_kept,
                num_samples=found.num_samples,
                dim=found.dim,
                participation_ratio=participation_ratio(found),
                total_correlation_nats=total_correlation(found, rule),
            )
        )
    return rows
