"""``geomgen import``: a run of a network that was trained elsewhere, from files of its parameters."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from torch import Tensor
from torch.nn.utils import parameters_to_vector

from geomgen.config.import_run import FINAL, INITIAL, ImportConfig
from geomgen.data.dataset import Dataset
from geomgen.experiments.content import content_facts, located
from geomgen.experiments.fitting import fitting
from geomgen.experiments.load_run import dataset_of, outline
from geomgen.experiments.machine import BASE_BYTES, chosen_device, num_cores, require_memory
from geomgen.experiments.new_run import reserved
from geomgen.experiments.train import network_facts
from geomgen.experiments.work import Work
from geomgen.models.build import skeleton
from geomgen.models.functional.loss import LOSSES
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Network
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.tables.training import ImportedRow
from geomgen.training.evaluate import evaluate, in_its_unit
from geomgen.training.precision import fast_float32
from geomgen.training.trajectory import ratio

TABLE = "imported"
CHANCE = 2.0
"""A network that is less than this many times as accurate as a guess was hardly read as it was trained."""


def import_run(config: ImportConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Make a run of a network that was trained elsewhere.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run of the same network, data and parameters instead.
        progress: Called after every state.

    Returns:
        The finished run, with the states as checkpoints and the table ``imported``.

    Raises:
        UsageError: If no file is named, or the network does not fit in memory.
        DataError: If a file does not hold the parameters of the network, or the data set is damaged.
    """
    threads, device = config.threads or num_cores(), chosen_device(config.device)
    config = replace(located(config, runs_dir).filled(), threads=threads, device=device)
    with fast_float32(threads, device):
        dataset = dataset_of(config)
        model = skeleton(config, dataset.input_shape, dataset.num_classes)
        config = replace(config, width=model.width)
        files = config.files()
        what = f"{len(files)} states of {model.num_parameters():,} parameters"
        require_memory(_bytes(model, dataset, len(files)), what, "Name fewer --steps.")
        facts = {**network_facts(dataset, model), **content_facts(config, runs_dir, dataset)}
        states = {state: fitting(Path(file), model) for state, file in files.items()}
        label = f"{config.arch.replace(':', '-')}-w{config.width}"
        with reserved(config, label, facts, runs_dir, reuse=reuse, progress=progress) as run:
            if run.status != "complete":
                _fill(run, config, model.to(device), dataset, states, progress)
    return run


def _fill(
    run: Run,
    config: ImportConfig,
    model: Network,
    dataset: Dataset,
    states: Mapping[str, Mapping[str, Tensor]],
    progress: OnProgress,
) -> None:
    """Write the states of a run, with a pass of the test images through each."""
    rows: list[ImportedRow] = []
    initial = _vector(model, states[INITIAL]) if INITIAL in states else None
    for state, tensors in states.items():
        vector, found = _vector(model, tensors), evaluate(model, dataset.test, LOSSES[config.loss])
        moved, relative = (None, None) if initial is None else _moved(vector, initial)
        loss_nats, squared_error = in_its_unit(found.loss, config.loss)
        rows.append(ImportedRow(state, loss_nats, found.accuracy, moved, relative, squared_error))
        run.save_state(state, model.state_dict(), {})
        progress(len(rows), len(states), state)
    run.add_rows(TABLE, rows)
    run.finish("complete")


def _moved(vector: Tensor, initial: Tensor) -> tuple[float, float | None]:
    """Return the distance from the initial parameters, and what it is as a multiple of their norm."""
    moved = float((vector - initial).norm())
    return moved, ratio(moved, float(initial.norm()))


def _vector(model: Network, tensors: Mapping[str, Tensor]) -> Tensor:
    """Load a state and return all its parameters, ``(D,)`` float64 on the CPU."""
    device = next(model.parameters()).device
    model.load_state_dict({name: tensor.to(device) for name, tensor in tensors.items()}, assign=True)
    return parameters_to_vector(model.parameters()).detach().double().cpu()


def _bytes(model: Network, dataset: Dataset, num_states: int) -> int:
    """Return the memory of all states, of three vectors of parameters in float64, and of a pass."""
    parameters = (4 * num_states + 3 * 8) * model.num_parameters()
    return BASE_BYTES + parameters + 2 * 4 * EVALUATION_BATCH_SIZE * max(model.num_outputs(dataset.input_shape))


def work(config: ImportConfig) -> Work:
    """Return the work of an import: one pass of the test images for each state."""
    model, dataset = outline(config)
    num_states = len(config.files())
    flops = 2.0 * len(dataset.test) * model.num_products(dataset.input_shape) * num_states
    return Work(_bytes(model, dataset, num_states), flops)


def remarks(run: Run) -> list[str]:
    """Return what to know about an imported run that its rows do not say."""
    rows = run.table(TABLE).set_index("state")
    accuracy, num_classes = rows["test_accuracy"][FINAL], run.facts["num_classes"]
    told = []
    if accuracy * num_classes < CHANCE:
        told.append(
            f"Test accuracy {accuracy:.3f} of {num_classes} classes: was the network trained on these images, as "
            "(n, channels, height, width) in [0, 1], and on these classes in this order?"
        )
    if INITIAL not in rows.index:
        told.append("There is no initial state: measures take the final one unless --state names others.")
    return told
