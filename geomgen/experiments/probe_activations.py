"""``geomgen probe-activations``: how alike a finished run's activations are, and how its layers are conditioned."""

from collections.abc import Mapping
from dataclasses import replace

from geomgen.config.architecture import ArchitectureConfig
from geomgen.config.import_run import WithNetwork
from geomgen.config.probe_activations import INFINITE_WIDTH, ProbeActivationsConfig
from geomgen.data.dataset import Dataset
from geomgen.errors import DataError
from geomgen.experiments.activation_source import ActivationMatrix, ActivationSource, activation_work
from geomgen.experiments.load_run import load_state, made_by, outline
from geomgen.experiments.machine import BASE_BYTES, require_memory
from geomgen.experiments.measure_run import measured
from geomgen.experiments.new_run import Tables
from geomgen.experiments.train import trained_on
from geomgen.experiments.work import Work
from geomgen.measures.activations import num_units
from geomgen.measures.infinite_width import InfiniteWidth, infinite_width
from geomgen.measures.layer_statistics import layer_statistics
from geomgen.measures.propagation import Expected, expected_layers
from geomgen.measures.similarity import histogram_rows, similarities, summary_row
from geomgen.models.functional.loss import LOSSES
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Network
from geomgen.numerics.pairs import BLOCK_ROWS
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.tables.activations import LayerStatisticsRow, SimilarityRow, SimilaritySummaryRow

TABLE = "activation_similarity"
SUMMARY_TABLE = "activation_similarity_summary"
STATISTICS_TABLE = "layer_statistics"


def probe_activations(
    run: Run, config: ProbeActivationsConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[SimilaritySummaryRow]:
    """Compare every pair of a run's test images by their activations.

    Stores the histograms in ``activation_similarity.parquet``, their moments in
    ``activation_similarity_summary.parquet`` and, if asked, ``layer_statistics.parquet``.

    Args:
        run: A finished training.
        config: Which activations, metrics and bins.
        reuse: Whether to do nothing if the run has already been measured with this config.
        progress: Called after every matrix.

    Returns:
        The new measurements: one row per layer, site, state, condition and metric.

    Raises:
        DataError: If the run is unfinished or damaged.
        UsageError: If a layer does not exist, or the work does not fit in memory.
    """
    tables = measured(run, config, lambda config: _measure(run, config, progress), reuse=reuse)
    return list(tables.get(SUMMARY_TABLE, ()))


def work(config: ProbeActivationsConfig, made: WithNetwork) -> Work:
    """Return the work of similarities: passes, and a product of all pairs of images per matrix of activations."""
    source = activation_work(config, made)
    each = sum(float(source.num_images) ** 2 * units for units in source.units) * len(config.metrics)
    found = source.with_each(each, 12 * BLOCK_ROWS * max(source.units))
    return found._replace(memory=max(found.memory, _statistics_bytes(*outline(made)) if config.statistics else 0))


def _measure(run: Run, config: ProbeActivationsConfig, progress: OnProgress) -> Tables:
    matrices = tuple(condition for condition in config.condition if condition != INFINITE_WIDTH)
    trained = ActivationSource(run, replace(config, condition=matrices))
    if config.statistics:
        _require_memory(trained.model, trained.dataset)
    histograms, summaries = _compared(trained, config, progress)
    statistics = {STATISTICS_TABLE: _statistics(trained, progress)} if config.statistics else {}
    return {**statistics, TABLE: histograms, SUMMARY_TABLE: summaries}


def _compared(
    trained: ActivationSource, config: ProbeActivationsConfig, progress: OnProgress
) -> tuple[list[SimilarityRow], list[SimilaritySummaryRow]]:
    _require_pairs(trained)
    trained.require_memory("The similarity", 3 * 4 * BLOCK_ROWS * trained.most_units)

    def compared(sample: ActivationMatrix) -> list[tuple[list[SimilarityRow], SimilaritySummaryRow]]:
        found = similarities(sample.data, config.metrics, config.bins, _limit(trained, sample))
        limits = [one.limit for one in found if one.limit and INFINITE_WIDTH in config.condition]
        predicted = [(limit, sample.keys | {"condition": INFINITE_WIDTH}) for limit in limits]
        both = [*((one, sample.keys) for one in found), *predicted]
        return [(histogram_rows(one, keys), summary_row(one, keys)) for one, keys in both]

    histograms, summaries = zip(*trained.each(compared, progress), strict=True)
    return [row for rows in histograms for row in rows], list(summaries)


def _require_pairs(trained: ActivationSource) -> None:
    """Refuse a data set without a pair of test images."""
    if len(trained.dataset.test) == 1:
        raise DataError(
            f"The data set of {trained.run.id} has only 1 test image, and similarity is of pairs.",
            "Measure a run whose data set has at least 2.",
        )


def _limit(trained: ActivationSource, sample: ActivationMatrix) -> InfiniteWidth | None:
    """Return the cosines of a sample at infinite width: of data before training, where they are known."""
    config = made_by(trained.run)
    if (sample.state, sample.condition) != ("initial", "data") or not isinstance(config, ArchitectureConfig):
        return None
    return infinite_width(config, trained.model.layers(), sample.layer, sample.site, trained.dataset.test.images)


def _statistics(trained: ActivationSource, progress: OnProgress) -> list[LayerStatisticsRow]:
    """Return the statistics of every layer of every state."""
    run, model, dataset = trained.run, trained.model, trained.dataset
    config = made_by(run)
    train = trained_on(config, dataset).train
    rows = []
    for done, state in enumerate(trained.config.state, 1):
        load_state(run, model, state)
        model.to(trained.config.device)
        expected: Mapping[str, Expected] = {}
        if state == "initial" and isinstance(config, ArchitectureConfig):
            expected = expected_layers(config, model, dataset.test.images)
        rows += layer_statistics(
            model, model.layers(), state, dataset.test.images, train, config.batch_size, LOSSES[config.loss], expected
        )
        progress(done, len(trained.config.state), f"{state} statistics")
    return rows


def _require_memory(model: Network, dataset: Dataset) -> None:
    """Refuse statistics that would not fit in memory."""
    require_memory(
        _statistics_bytes(model, dataset),
        f"The statistics of {len(model.layers())} layers of up to {_most_units(model, dataset)} units",
        "Leave out --statistics.",
    )


def _most_units(model: Network, dataset: Dataset) -> int:
    """Return the units of the widest layer, before or after its activation."""
    sites = [num_units(model, model.layers(), site, dataset.input_shape) for site in ("pre", "post")]
    return max(max(layers.values()) for layers in sites)


def _statistics_bytes(model: Network, dataset: Dataset) -> int:
    """Return the peak memory of the statistics: parameters and two gradients of all of them, and what is larger.

    That is either the widest layer of all images, or all layers of a batch, for gradients.
    """
    outputs = model.num_outputs(dataset.input_shape)
    of_batch = EVALUATION_BATCH_SIZE * (sum(outputs) + 2 * max(outputs))
    of_widest = (len(dataset.test) + 3 * BLOCK_ROWS) * _most_units(model, dataset)
    return BASE_BYTES + 4 * (3 * model.num_parameters() + max(of_batch, of_widest))
