"""Options of a network: which architecture, how large, and how its parameters are initialised."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from geomgen.config.base import Config, as_text, option_flag, switch
from geomgen.errors import UsageError
from geomgen.fields import option

OWN = "MODULE:FACTORY"
SCALED, NORMAL = "scaled:G", "normal"
DEFAULT_SIGMA_W, DEFAULT_SIGMA_B, LARGEST_SIGMA = 1.0, 0.0, 1e6
DEFAULT_WIDTH = {"mlp": 512, "lenet5": 84, "transformer": 64}
DEFAULT_DEPTH = {"mlp": 2, "lenet5": 4, "transformer": 4}
TAKEN_BY = {
    "depth": ("mlp", "transformer", OWN),
    "hidden": ("mlp",),
    "activation": ("mlp", "lenet5"),
    "bias": ("mlp",),
    "layer_norm": ("mlp",),
    "batch_norm": ("mlp",),
    "residual": ("mlp",),
    "patch": ("transformer",),
    "heads": ("transformer",),
}


@dataclass(frozen=True)
class NetworkConfig(Config):
    """Which network.

    Attributes:
        trains: Whether the network will be trained, so that its training must be repeatable to the same bits.
    """

    trains: ClassVar[bool] = True

    arch: str = option(
        "mlp",
        "Architecture; MODULE:FACTORY names your own: FACTORY(input_shape, num_classes) -> torch.nn.Module.",
        "Model",
        choices=("mlp", "lenet5", "transformer"),
        forms=((OWN, r"[A-Za-z_][\w.]*:[A-Za-z_]\w*"),),
    )
    width: int | None = option(
        None,
        "Units in the last hidden layer. If not given: 512 for mlp (every hidden layer), 84 for lenet5 (the other "
        "layers scale with it), 64 for transformer (the embedding dimension).",
        "Model",
        minimum=1,
        maximum=10**7,
    )
    depth: int | None = option(
        None,
        "Hidden layers of mlp (2 if not given) or blocks of transformer (4 if not given); lenet5 always has 4 layers.",
        "Model",
        minimum=1,
    )
    hidden: tuple[int, ...] | None = option(
        None,
        "Units of each hidden layer of mlp, from the first to the last, such as 40,20: for layers of different width, "
        "in place of --width and --depth.",
        "Model",
        minimum=1,
        maximum=10**7,
        repeats=True,
    )
    activation: str = option(
        "relu",
        "Activation after each hidden layer of mlp and lenet5: relu, tanh, gelu (exact), square (x^2), or identity (a "
        "linear network). transformer always has gelu.",
        "Model",
        choices=("relu", "tanh", "gelu", "square", "identity"),
    )
    bias: bool = option(True, "Whether the linear maps of mlp add a bias.", "Model")
    layer_norm: bool = option(
        False,
        "Layer normalisation in mlp: normalise over the units of each hidden layer, before its activation.",
        "Model",
    )
    batch_norm: bool = option(
        False,
        "Batch normalisation in mlp: normalise each hidden unit over the batch, before its activation. Hidden biases "
        "then have no effect, and adamw moves them by rounding errors alone: the test loss depends on --threads from "
        "the third or fourth digit on.",
        "Model",
    )
    residual: bool = option(
        False,
        "Residual connections in mlp: every hidden layer but the first adds its linear map of the previous layer's "
        "output to that layer's linear output, which normalisation and activation then follow.",
        "Model",
    )
    patch: int = option(
        7,
        "Side of transformer's square patches, in pixels; must divide the image's height and width.",
        "Model",
        minimum=1,
    )
    heads: int = option(4, "Attention heads in each block of transformer; must divide the width.", "Model", minimum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, kinds in TAKEN_BY.items():
            if self.kind not in kinds and getattr(self, name) not in self._defaults(name):
                flag = switch(name, is_on=getattr(self, name) is not False)
                raise UsageError(
                    f"{flag} does not apply to --arch {self.arch}.",
                    f"It is an option of --arch {' and '.join(kinds)}.",
                )
        if self.layer_norm and self.batch_norm:
            raise UsageError(
                "--layer-norm and --batch-norm cannot both come before an activation.", "Choose one of them."
            )
        if self.hidden:
            self._check_sizes(self.hidden)
        if self.residual and len({*(self.hidden or ())}) > 1:
            raise UsageError(
                f"--residual adds up layers of equal width; those of --hidden {as_text(self.hidden)} differ.",
                "Choose --width and --depth, or leave out --residual.",
            )

    def _check_sizes(self, hidden: tuple[int, ...]) -> None:
        """Refuse a width or depth that is not that of the hidden layers, which a run records beside them."""
        for name, size in (("width", hidden[-1]), ("depth", len(hidden))):
            if getattr(self, name) not in {None, size}:
                raise UsageError(
                    f"{option_flag(name)} {getattr(self, name)} contradicts --hidden {as_text(hidden)}, whose {name} "
                    f"is {size}.",
                    f"Leave out {option_flag(name)}.",
                )

    def _defaults(self, name: str) -> tuple[object, ...]:
        """Return an option's allowed values where it does not apply: its default, and what such a run records."""
        default = getattr(type(self), name)
        return (default, DEFAULT_DEPTH.get(self.kind)) if name == "depth" else (default,)

    @property
    def kind(self) -> str:
        """The architecture, ``MODULE:FACTORY`` for any user-defined one."""
        return OWN if ":" in self.arch else self.arch

    def filled(self) -> Self:
        """Return the config with the architecture's width and depth where none is given.

        Those of a user's own network are known only once it is built. Hidden layers of equal width are recorded as
        width and depth alone, so that a network has one description; of others, the width is the last one's.
        """
        width, depth = self.width or DEFAULT_WIDTH.get(self.arch), self.depth or DEFAULT_DEPTH.get(self.arch)
        if self.hidden:
            width, depth = self.hidden[-1], len(self.hidden)
        hidden = self.hidden if self.hidden and len({*self.hidden}) > 1 else None
        is_filled = (hidden, width, depth) == (self.hidden, self.width, self.depth)
        return self if is_filled else replace(self, hidden=hidden, width=width, depth=depth)


def init_option(default: str) -> Any:
    """Return the option for the initialisation scheme."""
    return option(
        default,
        "Initialisation scheme of the weights: default (PyTorch's), he (normal, variance 2/fan_in), xavier (uniform), "
        "orthogonal, normal (variance sigma_w^2/fan_in, biases sigma_b^2: see --sigma-w, --sigma-b), or scaled:G "
        "(default times G).",
        "Model",
        choices=("default", "he", "xavier", "orthogonal", NORMAL),
        forms=((SCALED, r"scaled:\d*\.?\d+(e[+-]?\d+)?"),),
    )


@dataclass(frozen=True)
class InitialisationConfig(Config):
    """How a network's parameters are drawn."""

    init: str = init_option("default")
    sigma_w: float | None = option(
        None,
        "sigma_w of --init normal: weights have standard deviation sigma_w/sqrt(fan_in). 1 if not given.",
        "Model",
        minimum=0,
        maximum=LARGEST_SIGMA,
        exclusive=True,
    )
    sigma_b: float | None = option(
        None,
        "sigma_b of --init normal: the standard deviation of biases. 0 if not given.",
        "Model",
        minimum=0,
        maximum=LARGEST_SIGMA,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        gain = float(self.init.partition(":")[2] or 1)
        if not 0 < gain < math.inf:
            raise UsageError(f"--init {self.init} has no valid scale.", "G must be above 0 and finite.")
        for name in ("sigma_w", "sigma_b"):
            if getattr(self, name) is not None and self.init != NORMAL:
                raise UsageError(
                    f"{option_flag(name)} {getattr(self, name):g} does not apply to --init {self.init}.",
                    f"Choose --init {NORMAL}.",
                )

    def filled(self) -> Self:
        """Return the config with the standard deviations of --init normal."""
        config = super().filled()
        if self.init != NORMAL or None not in {self.sigma_w, self.sigma_b}:
            return config
        return replace(config, sigma_w=self.sigma_w or DEFAULT_SIGMA_W, sigma_b=self.sigma_b or DEFAULT_SIGMA_B)

    @property
    def sigmas(self) -> tuple[float, float]:
        """sigma_w and sigma_b of --init normal."""
        return self.sigma_w or DEFAULT_SIGMA_W, self.sigma_b or DEFAULT_SIGMA_B


@dataclass(frozen=True)
class ArchitectureConfig(InitialisationConfig, NetworkConfig):
    """Which network, and how its parameters are initialised."""

    depth_scaling: bool = option(
        False,
        "Multiply the initial weights and biases of the maps that --residual adds by depth^-1/2, so that all of them "
        "together change the variance by a factor that is bounded at any depth.",
        "Model",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.depth_scaling and not self.residual:
            raise UsageError("--depth-scaling has no residual connections to scale.", "Add --residual.")
        if self.sigma_b and not self.bias:
            raise UsageError(
                f"--sigma-b {self.sigma_b:g} has no biases to apply to: --no-bias leaves them out.",
                "Leave out one of them.",
            )
