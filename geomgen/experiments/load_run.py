"""The network and the data set of a run, checked to be the ones that it was made with."""

import torch

from geomgen.config.architecture import OWN, ArchitectureConfig
from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.load import load_dataset
from geomgen.errors import DataError
from geomgen.models.build import skeleton
from geomgen.models.custom import module_sha256
from geomgen.models.layers import Network
from geomgen.store.run import Run


def run_dataset(run: Run) -> Dataset:
    """Return the data set of a run, checked to be the one that it was trained on.

    Raises:
        DataError: If its content has changed since.
    """
    dataset = load_dataset(run.config["data"])
    if dataset.sha256 != run.facts["data_sha256"]:
        raise DataError(
            f"{run.config['data']} has changed since {run.id} was trained on it.", "Restore the data, or train again."
        )
    return dataset


def require_same_module(run: Run, config: ArchitectureConfig) -> None:
    """Refuse a run of a user's own network, before any of its code runs, if the file that defines it is another.

    Raises:
        DataError: If it has changed since the run was made.
    """
    for name, digest in own_facts(config).items():
        if run.facts.get(name) != digest:
            raise DataError(
                f"The file of --arch {config.arch} has changed since {run.id} was made.",
                "Restore it, or train again.",
            )


def own_facts(config: ArchitectureConfig) -> dict[str, object]:
    """Return the digest of the file that a user's own network is defined in; nothing for geomgen's own."""
    return {"arch_sha256": module_sha256(config.arch)} if config.kind == OWN else {}


def run_model(run: Run, dataset: Dataset) -> Network:
    """Return the network of a run, without the parameters of any of its states.

    Raises:
        DataError: If it is a user's own, and the file that it is defined in has changed.
    """
    config = TrainConfig.from_mapping(run.config, run.id)
    require_same_module(run, config)
    return skeleton(config, dataset.input_shape, dataset.num_classes)


def load_state(run: Run, model: Network, state: str) -> None:
    """Give a network the parameters of one of its run's states.

    Raises:
        DataError: If there is no such state, it is damaged, or it does not fit the network.
    """
    tensors = run.checkpoint(state).tensors
    expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
    if {name: tensor.shape for name, tensor in tensors.items()} != expected:
        raise DataError(f"The state '{state}' of {run.id} does not fit its network.", "Train again.")
    model.load_state_dict(tensors, assign=True)


def release_state(model: Network) -> None:
    """Give the memory of a network's state back, until `load_state` is called again."""
    shapes = {name: torch.empty_like(tensor, device="meta") for name, tensor in model.state_dict().items()}
    model.load_state_dict(shapes, assign=True)
