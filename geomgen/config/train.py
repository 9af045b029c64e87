"""Options of ``geomgen train``. The defaults are the protocol of the published width-vs-log-determinant table."""

from dataclasses import dataclass

from geomgen.config.architecture import ArchitectureConfig, NetworkConfig
from geomgen.config.base import option_docs, option_flag
from geomgen.config.experiment import Experiment
from geomgen.config.procedure import ProcedureConfig
from geomgen.errors import UsageError
from geomgen.fields import START_DIGEST, TEACHER_DIGEST, option

DRAWING = [name for name in option_docs(ArchitectureConfig) if name not in option_docs(NetworkConfig)]
"""Options that say how initial parameters are drawn."""


@dataclass(frozen=True)
class TrainConfig(ProcedureConfig):
    """How one network is trained, and what is recorded of it."""

    train_size: int | None = option(
        None, "Train on a random subset of this many images; all if not given.", "Data", minimum=1
    )
    teacher: str | None = option(
        None,
        "Distillation: the run whose trained network's class probabilities are learned instead of the labels; its "
        "outputs instead, if both are trained with --loss mse.",
        "Training",
        names_run=True,
        identified_by=TEACHER_DIGEST,
    )
    start: str | None = option(
        None,
        "Go on from this state of a run, RUN:STATE (final if no state is given), in place of random parameters: its "
        "network with these options, from step 0 and without the optimizer's moments.",
        "Training",
        names_run=True,
        names_state=True,
        identified_by=START_DIGEST,
    )
    track_every: int = option(
        10,
        "On average, the length and gradient of one of this many steps are measured, at random, but of at least 90 per "
        "epoch; of all steps if that takes less than 2 % longer.",
        "Records",
        minimum=1,
        recorded=True,
    )
    record_every: int = option(
        1,
        "Epochs between recorded evaluations (table rows); the last epoch is always recorded.",
        "Records",
        minimum=1,
        recorded=True,
    )
    track: tuple[str, ...] | None = option(
        None,
        "implicit-regularization: also record E, |grad E|^2 / m, lambda, gradient noise and distance from "
        "initialisation.",
        "Records",
        choices=("implicit-regularization",),
        recorded=True,
    )
    track_images: int = option(
        1024,
        "Training images on which --track computes gradients; at least one batch.",
        "Records",
        minimum=1,
        recorded=True,
    )
    track_interval: int | None = option(
        None,
        "Epochs between gradients of --track. If not given, it processes at most a twentieth as many images as "
        "training.",
        "Records",
        minimum=1,
        recorded=True,
    )
    checkpoint_every: int = option(
        0,
        "Epochs between checkpoints (step-NNNNNN) that are kept; 0 keeps none.",
        "Records",
        minimum=0,
        recorded=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.teacher and (self.label_noise or self.track):
            name = "--label-noise" if self.label_noise else "--track"
            raise UsageError(f"{name} concerns labels, which --teacher replaces.", "Leave one of them out.")
        drawn = [name for name in DRAWING if getattr(self, name) != getattr(type(self), name)]
        if self.start and drawn:
            problem = f"{option_flag(drawn[0])} is about drawing parameters, which --start takes from a run."
            raise UsageError(problem, "Leave one of them out.")
        if self.checkpoint_every % self.record_every:
            raise UsageError(
                f"--checkpoint-every {self.checkpoint_every} is not a multiple of --record-every {self.record_every}.",
                "Checkpoints are kept only at recorded epochs: choose a multiple.",
            )


OF_INITIAL = ("seed", "start")
"""Options of training that choose the initial parameters too."""
LEARNING = (
    *(name for name, doc in option_docs(TrainConfig).items() if doc.group == "Training" and name not in OF_INITIAL),
    "train_size", "label_noise",
)  # fmt: skip
"""Options of how a network learns, which leave its initial parameters and their activations as they are."""

TRAIN = Experiment(
    name="train",
    config=TrainConfig,
    about="""Train one network and keep its checkpoints and a record of every epoch.

    The defaults are the protocol of the published table: 784-512-512-10 on MNIST, AdamW, 10 epochs.
    Prints the run's directory. A run that is killed at any moment can be continued with --resume, and ends with the
    same bits.
    """,
    tables=("training", "implicit_regularization", "trajectory"),
    shown=(
        "epoch",
        "train_loss_nats",
        "train_squared_error",
        "train_accuracy",
        "test_loss_nats",
        "test_squared_error",
        "test_accuracy",
        "relative_distance",
        "relative_origin_distance",
    ),
    make="train:train",
    resume="train:resume",
    cost="train:work",
    network=True,
    remarks="train:remarks",
)
