"""Where a training begins in place of random parameters: a state of another run, and where that run itself began."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from geomgen.config.architecture import NetworkConfig
from geomgen.config.base import as_text, option_docs, option_flag, switch
from geomgen.config.import_run import INITIAL
from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.errors import DataError, UsageError
from geomgen.experiments.content import source_state, start_sha256
from geomgen.experiments.load_run import made_by, require_same_code
from geomgen.store.run import Run


@dataclass(frozen=True)
class Start:
    """A state of a run that a training goes on from.

    Attributes:
        run: The run.
        state: The state.
    """

    run: Run
    state: str

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """Its parameters and buffers by name.

        Raises:
            DataError: If the checkpoint is damaged.
        """
        return self.run.checkpoint(self.state).tensors

    def origin(self) -> "Start | None":
        """Return the random parameters that its run began with, or those of the run that that one went on from.

        None if they are unknown: an imported network may lack them, and a run on the way may have been removed.
        """
        run = self.run
        with suppress(DataError, UsageError):
            while before := run.config.get("start"):
                run, _ = source_state(before, run.runs_dir)
            return Start(run, INITIAL) if run.has_state(INITIAL) else None
        return None


def start_of(config: TrainConfig, runs_dir: Path) -> Start | None:
    """Return what a training goes on from; None if it begins with random parameters.

    Raises:
        DataError: If there is no such run or state, or the run is not complete.
        UsageError: If the name could mean several runs.
    """
    if config.start is None:
        return None
    run, state = source_state(config.start, runs_dir)
    start_sha256(run, state)
    return Start(run, state)


def require_fitting_start(config: TrainConfig, start: Start | None, dataset: Dataset) -> None:
    """Refuse parameters of another network than the one that is trained.

    Args:
        config: With every default filled in.
        start: What is gone on from, if anything.
        dataset: The data set of the config.

    Raises:
        UsageError: If the networks or the sizes of their images differ.
        DataError: If the code of a user's own network has changed.
    """
    if start is None:
        return
    require_same_code(start.run)
    made, asked = made_by(start.run).filled().to_mapping(), config.to_mapping()
    for name in option_docs(NetworkConfig):
        if asked[name] != made[name]:
            problem = f"{start.run.id} is a network with {_flag(name, made[name])}, not {_flag(name, asked[name])}."
            remedy = f"Leave out {option_flag(name)}" if made[name] is None else f"Give {_flag(name, made[name])}"
            raise UsageError(problem, f"{remedy}, or leave out --start.")
    for name, size in (("input_shape", list(dataset.input_shape)), ("num_classes", dataset.num_classes)):
        found = start.run.facts[name]
        if found != size:
            problem = f"{start.run.id} has {name.replace('_', ' ')} {found}, but --data {config.data} has {size}."
            raise UsageError(problem, "Choose data of that shape, or leave out --start.")


def _flag(name: str, value: object) -> str:
    """Return an option as it is given on the command line."""
    if value is None:
        return f"no {option_flag(name)}"
    return switch(name, value) if isinstance(value, bool) else f"{option_flag(name)} {as_text(value)}"
