"""``geomgen volume``: the log determinant of a finished run's activations."""

from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor

from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import permute_pixels
from geomgen.errors import DataError
from geomgen.experiments.machine import BASE_BYTES, OnProgress, num_cores, require_memory, silent
from geomgen.experiments.train import run_dataset
from geomgen.measures.activations import activations, chosen_layers, controlled, num_units
from geomgen.measures.log_determinant import (
    LogDeterminantRow,
    log_determinant,
    participation_ratio,
    spectrum,
    total_correlation,
)
from geomgen.models.build import outline
from geomgen.models.layers import Layer, Network
from geomgen.numerics.seeds import generator
from geomgen.store.run import Run
from geomgen.training.precision import fast_float32

NAME = "volume"
TABLE = "activation_volume"


def volume(
    run: Run, config: VolumeConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[LogDeterminantRow]:
    """Measure the volume of a run's activations on the test images and keep it in ``activation_volume.parquet``.

    Args:
        run: A finished training.
        config: Which activations, and which rules.
        reuse: Whether to do nothing if the run has been measured with this config.
        progress: Told of every matrix that is done.

    Returns:
        What was measured now: one row a layer, site, state, condition and rule.

    Raises:
        DataError: If the run is unfinished or damaged.
        UsageError: If a layer does not exist, or the work does not fit in memory.
    """
    require_complete(run)
    if reuse and _was_measured(run, config):
        return []
    threads = config.threads or num_cores()
    config = replace(config, threads=threads)
    with fast_float32(threads):
        rows = _measure(run, config, progress)
    with run.lock(wait=True):
        run.add_rows(TABLE, rows, {"experiment": NAME, "config": config.to_mapping()})
    return rows


def _measure(run: Run, config: VolumeConfig, progress: OnProgress) -> list[LogDeterminantRow]:
    dataset = run_dataset(run)
    model = run_model(run, dataset)
    layers = chosen_layers(model, config.layer)
    _require_memory(model, layers, config, dataset.test.images)
    total = len(config.state) * len(config.condition) * len(config.site) * len(layers)
    rows: list[LogDeterminantRow] = []
    for done, found in enumerate(_measured(run, config, model, layers, dataset), 1):
        rows += found
        progress(done, total, f"{found[0].state} {found[0].condition}")
    return rows


def _was_measured(run: Run, config: VolumeConfig) -> bool:
    past = (measure["config"] for measure in run.measures if measure["experiment"] == NAME)
    return config.fingerprint() in {VolumeConfig.from_mapping(options, run.id).fingerprint() for options in past}


def require_complete(run: Run) -> None:
    """Refuse to measure a run that is not complete.

    Raises:
        DataError: If the run is unfinished, interrupted or failed.
    """
    if run.status == "complete":
        return
    if run.status == "failed":
        raise DataError(f"{run.id} has failed: {run.reason}", "Measure a run that is complete.")
    raise DataError(f"{run.id} is {run.status}.", f"Finish it with: geomgen train --resume {run.path}")


def run_model(run: Run, dataset: Dataset) -> Network:
    """Return the network of a run, without its parameters."""
    return outline(TrainConfig.from_mapping(run.config, run.id), dataset.input_shape, dataset.num_classes)


def load_state(run: Run, model: Network, state: str) -> None:
    """Give a network the parameters of one of its run's states.

    Raises:
        DataError: If there is no such state, it is damaged, or it does not fit the network.
    """
    tensors = run.checkpoint(state).tensors
    expected = {name: parameter.shape for name, parameter in model.named_parameters()}
    if {name: tensor.shape for name, tensor in tensors.items()} != expected:
        raise DataError(f"The state '{state}' of {run.id} does not fit its network.", "Train again.")
    model.load_state_dict(tensors, assign=True)


def _measured(
    run: Run, config: VolumeConfig, model: Network, layers: list[Layer], dataset: Dataset
) -> Iterator[list[LogDeterminantRow]]:
    """Yield the rows of each matrix of activations, all rules at once."""
    images = dataset.test.images
    permuted = permute_pixels(images, generator(run.config["seed"], "permuted-pixels"))
    for state in config.state:
        load_state(run, model, state)
        for site in config.site:
            for inputs, conditions in _by_inputs(config, images, permuted):
                for name, data in activations(model, layers, site, inputs).items():
                    for condition in conditions:
                        source = generator(run.config["seed"], f"{condition}/{state}/{site}/{name}")
                        keys = {"layer": name, "site": site, "state": state, "condition": condition}
                        yield _rows(controlled(data, condition, source), config, keys)


def _by_inputs(config: VolumeConfig, images: Tensor, permuted: Tensor) -> list[tuple[Tensor, list[str]]]:
    """Return the conditions, grouped by the images that they run through the network."""
    plain = [condition for condition in config.condition if condition != "permuted-pixels"]
    other = [condition for condition in config.condition if condition == "permuted-pixels"]
    return [group for group in ((images, plain), (permuted, other)) if group[1]]


def _rows(data: Tensor, config: VolumeConfig, keys: dict[str, str]) -> list[LogDeterminantRow]:
    found = spectrum(data)
    rows = []
    for rule in config.rule:
        log_det, num_kept = log_determinant(found, rule, config.floor)
        rows.append(
            LogDeterminantRow(
                **keys,
                rule=rule,
                log_det_nats=log_det,
                num_kept=num_kept,
                num_samples=found.num_samples,
                dim=found.dim,
                participation_ratio=participation_ratio(found),
                total_correlation_nats=total_correlation(found, rule),
            )
        )
    return rows


def _require_memory(model: Network, layers: list[Layer], config: VolumeConfig, images: Tensor) -> None:
    """Estimate the peak: parameters, all activations, two copies of the widest, its Gram matrix with work space."""
    units = [count for site in config.site for count in num_units(model, layers, site, images.shape[1:]).values()]
    activation_bytes = 4 * len(images) * (sum(units) // len(config.site) + 2 * max(units))
    needed = BASE_BYTES + 4 * model.num_parameters() + activation_bytes + 3 * 8 * max(units) ** 2
    require_memory(needed, f"The volume of {max(units)} units", "Choose a narrower --layer.")
