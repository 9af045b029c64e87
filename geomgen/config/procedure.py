"""Options of a training procedure, which `geomgen train` runs once and other experiments run many times."""

from dataclasses import dataclass, replace
from typing import Any, Self

from geomgen.config.architecture import ArchitectureConfig
from geomgen.config.measure import device_option, threads_option
from geomgen.errors import UsageError
from geomgen.fields import DATA_DIGEST, option

CROSS_ENTROPY, MSE = "cross-entropy", "mse"


def loss_option() -> Any:
    """Return the option for the loss."""
    return option(
        CROSS_ENTROPY,
        "Loss: cross-entropy (of the softmax, in nats) or mse (mean over images of the squared error of the logits, "
        "summed over classes; the label's target is 1, all others 0).",
        "Training",
        choices=(CROSS_ENTROPY, MSE),
    )


def data_option() -> Any:
    """Return the option for the data set."""
    return option(
        "mnist",
        "Data set: 'mnist', 'digits' (8 x 8 pixels), 'modular-addition:P' (sums modulo P of all pairs of numbers, half "
        "of them to train on; P = 23 if not given), a folder of IDX files (raw or .gz), or an .npz file.",
        "Data",
        identified_by=DATA_DIGEST,
    )


def pool_option() -> Any:
    """Return the option for pooling images."""
    return option(
        1,
        "Average-pool the images: scale pixels to [0, 1] and replace each square of P x P by its mean. P must divide "
        "height and width: 7 makes MNIST's 28 x 28 pixels 4 x 4.",
        "Data",
        minimum=1,
    )


def classes_option() -> Any:
    """Return the option for leaving classes out."""
    return option(None, "Only the images of the first K classes; all if not given.", "Data", minimum=2)


@dataclass(frozen=True)
class ProcedureConfig(ArchitectureConfig):
    """A training procedure: network, data, update rule and how long."""

    data: str = data_option()
    pool: int = pool_option()
    classes: int | None = classes_option()
    label_noise: float = option(
        0.0, "Fraction of training labels replaced by a wrong class.", "Data", minimum=0, maximum=1
    )
    loss: str = loss_option()
    epochs: int = option(10, "Epochs: passes over the training images.", "Training", minimum=1)
    batch_size: int = option(64, "Batch size (images per step).", "Training", minimum=1)
    optimizer: str = option("adamw", "Optimizer (update rule).", "Training", choices=("adamw", "adam", "sgd"))
    lr: float = option(1e-3, "Learning rate.", "Training", minimum=0, exclusive=True)
    weight_decay: float = option(
        0.01,
        "Weight decay: decoupled for adamw, L2 in the gradient for adam and sgd.",
        "Training",
        minimum=0,
    )
    momentum: float = option(0.0, "Momentum of sgd.", "Training", minimum=0, maximum=1)
    clip_norm: float | None = option(
        None,
        "Largest Euclidean norm of a step's gradient, over all parameters: a longer one is scaled down to it; no limit "
        "if not given.",
        "Training",
        minimum=0,
        exclusive=True,
    )
    gradient_penalty: float = option(
        0.0,
        "mu: minimise E + mu |grad E|^2 / m, with E the batch loss and m the number of parameters; 0 for E alone.",
        "Training",
        minimum=0,
    )
    seed: int = option(0, "Seed of initial parameters, batch order, subset and label noise.", "Training", minimum=0)
    precision: str = option(
        "fp32",
        "fp32, or bf16: forward and backward pass in bfloat16, parameters and updates in float32.",
        "Machine",
        choices=("fp32", "bf16"),
    )
    force_precision: bool = option(
        False,
        "Train at --precision bf16 even if the processor has no bfloat16 products; it then takes 2 to 30 times as long "
        "as at fp32.",
        "Machine",
        environmental=True,
    )
    device: str = device_option()
    threads: int | None = threads_option()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.momentum and self.optimizer != "sgd":
            raise UsageError(
                f"--momentum {self.momentum} does not apply to --optimizer {self.optimizer}.",
                "Choose --optimizer sgd.",
            )

    def resolved(self, *, device: str, threads: int) -> Self:
        """Return the config with every default filled in, as a run records it."""
        return replace(self.filled(), device=device, threads=threads)
