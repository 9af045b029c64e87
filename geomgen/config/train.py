"""Options of ``geomgen train``. The defaults are the protocol of the published width-vs-log-determinant table."""

from dataclasses import dataclass, replace
from typing import Self

from geomgen.config.base import Config
from geomgen.errors import UsageError
from geomgen.fields import option

DEFAULT_WIDTH = {"mlp": 512, "lenet5": 84}
DEFAULT_DEPTH = {"mlp": 2, "lenet5": 4}


@dataclass(frozen=True)
class TrainConfig(Config):
    """How one network is trained."""

    arch: str = option("mlp", "Architecture.", "Model", choices=("mlp", "lenet5"))
    width: int | None = option(
        None,
        "Units of the last hidden layer: 512 for mlp (all layers alike), 84 for lenet5 (the rest in proportion).",
        "Model",
        minimum=1,
        maximum=10**7,
    )
    depth: int | None = option(None, "Hidden layers of the mlp: 2. Of lenet5, 4 and fixed.", "Model", minimum=1)
    layer_norm: bool = option(False, "Normalise each hidden layer of the mlp before its ReLU.", "Model")
    data: str = option("mnist", "'mnist', a folder of IDX files (raw or .gz), or an .npz file.", "Data")
    train_size: int | None = option(
        None, "Train on a random subset of this many images; all if not given.", "Data", minimum=1
    )
    label_noise: float = option(
        0.0, "Fraction of training labels replaced by a wrong class.", "Data", minimum=0, maximum=1
    )
    epochs: int = option(10, "Passes over the training images.", "Training", minimum=1)
    batch_size: int = option(64, "Images a step.", "Training", minimum=1)
    optimizer: str = option("adamw", "Update rule.", "Training", choices=("adamw", "adam", "sgd"))
    lr: float = option(1e-3, "Learning rate.", "Training", minimum=0, exclusive=True)
    weight_decay: float = option(
        0.01,
        "Weight decay: decoupled for adamw, L2 in the gradient for adam and sgd.",
        "Training",
        minimum=0,
    )
    momentum: float = option(0.0, "Momentum of sgd.", "Training", minimum=0, maximum=1)
    seed: int = option(0, "Seed of initial parameters, batch order, subset and label noise.", "Training", minimum=0)
    precision: str = option(
        "fp32",
        "fp32, or bf16: products in bfloat16, parameters and update in float32.",
        "Machine",
        choices=("fp32", "bf16"),
    )
    device: str = option(
        "cpu", "Where to compute.", "Machine", choices=("cpu", "cuda", "mps", "auto"), environmental=True
    )
    threads: int | None = option(
        None,
        "Threads of the products; every core if not given. Results depend on it in the last digits.",
        "Machine",
        minimum=1,
        environmental=True,
    )
    track_every: int = option(
        10,
        "Measure gradient norm and step length at every so manieth step.",
        "Records",
        minimum=1,
    )
    checkpoint_every: int = option(
        0,
        "Keep a checkpoint step-NNNNNN at every so manieth epoch; 0 for none.",
        "Records",
        minimum=0,
        environmental=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.momentum and self.optimizer != "sgd":
            raise UsageError(
                f"--momentum {self.momentum} has no meaning for --optimizer {self.optimizer}.",
                "Choose --optimizer sgd.",
            )
        if self.arch == "lenet5" and (self.layer_norm or self.depth not in {None, DEFAULT_DEPTH["lenet5"]}):
            raise UsageError(
                "--arch lenet5 has a fixed depth and no layer norm.", "Leave out --depth and --layer-norm."
            )

    def resolved(self, *, device: str, threads: int, data: str | None = None) -> Self:
        """Return the config with every default filled in, as a run records it."""
        return replace(
            self,
            width=self.width or DEFAULT_WIDTH[self.arch],
            depth=self.depth or DEFAULT_DEPTH[self.arch],
            data=data or self.data,
            device=device,
            threads=threads,
        )
