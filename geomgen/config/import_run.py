"""Options of ``geomgen import``: a network that was trained elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from geomgen.config.architecture import NetworkConfig
from geomgen.config.experiment import Experiment
from geomgen.config.measure import device_option, threads_option
from geomgen.config.procedure import data_option, loss_option, pool_option
from geomgen.config.train import TrainConfig
from geomgen.errors import UsageError
from geomgen.fields import STATES_DIGEST, option

INITIAL, FINAL = "initial", "final"


@dataclass(frozen=True)
class ImportConfig(NetworkConfig):
    """The network and data of a training that was not geomgen's, and the files of its parameters."""

    trains: ClassVar[bool] = False
    batch_size: ClassVar[int] = TrainConfig.batch_size
    """Of gradients through batch normalisation; that of the training is unknown."""

    final: str | None = option(
        None,
        "File of the trained parameters: .safetensors, or .pt and .pth as torch.save wrote it.",
        "States",
        identified_by=STATES_DIGEST,
        argument="FINAL.safetensors",
    )
    initial: str | None = option(
        None, "File of the parameters before training, if there is one.", "States", identified_by=STATES_DIGEST
    )
    steps: tuple[str, ...] | None = option(
        None,
        "Files of parameters in between, each as STEP=FILE, with the number of steps done.",
        "States",
        forms=(("STEP=FILE", r"\d{1,9}=.+"),),
        identified_by=STATES_DIGEST,
    )
    data: str = data_option()
    pool: int = pool_option()
    loss: str = loss_option()
    device: str = device_option()
    threads: int | None = threads_option()

    def files(self) -> dict[str, str]:
        """Return the file of each state, in the order of training.

        Raises:
            UsageError: If there is no final state, or two are of the same step.
        """
        if self.final is None:
            raise UsageError(
                "No file of trained parameters was named.",
                "Name it: geomgen import FINAL.safetensors --arch MODULE:FACTORY",
            )
        steps = sorted((int(step), file) for step, _, file in (word.partition("=") for word in self.steps or ()))
        found = {f"step-{step:06d}": file for step, file in steps}
        if len(found) < len(steps):
            raise UsageError("--steps names a step twice.", "Name each step once.")
        return {**({INITIAL: self.initial} if self.initial else {}), **found, FINAL: self.final}

    def with_files(self, files: Mapping[str, str]) -> Self:
        """Return the config with other files of its states, by the states' names."""
        steps = tuple(
            f"{int(state.removeprefix('step-'))}={file}" for state, file in files.items() if state.startswith("step-")
        )
        return replace(self, final=files[FINAL], initial=files.get(INITIAL), steps=steps or None)


WithNetwork = TrainConfig | ImportConfig
"""The config of a run that holds a network."""

IMPORT = Experiment(
    name="import",
    config=ImportConfig,
    about="""Make a run of a network that was trained elsewhere, from files of its parameters, for measures to measure.

    The files hold a state_dict: the parameters' names are those of the torch.nn.Module that --arch MODULE:FACTORY
    returns, which takes images as (n, channels, height, width) in [0, 1]. One pass over the test images checks it.
    A .pt file is read by torch.load(weights_only=True), in a process of its own. Optimizer and seed are unknown: the
    run's tables say so, and controls are drawn with seed 0. Prints the run's directory.
    """,
    tables=("imported",),
    shown=("state", "test_loss_nats", "test_squared_error", "test_accuracy", "distance", "relative_distance"),
    make="import_run:import_run",
    cost="import_run:work",
    remarks="import_run:remarks",
    network=True,
)
