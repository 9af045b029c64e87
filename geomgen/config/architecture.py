"""Options of a network: which architecture, how large, and the law of its initial parameters."""

import math
from dataclasses import dataclass, fields

from geomgen.config.base import Config, option_flag
from geomgen.errors import UsageError
from geomgen.fields import option

OWN = "MODULE:FACTORY"
SCALED = "scaled:G"
DEFAULT_WIDTH = {"mlp": 512, "lenet5": 84, "transformer": 64}
DEFAULT_DEPTH = {"mlp": 2, "lenet5": 4, "transformer": 4}
TAKEN_BY = {
    "depth": ("mlp", "transformer", OWN),
    "layer_norm": ("mlp",),
    "batch_norm": ("mlp",),
    "patch": ("transformer",),
    "heads": ("transformer",),
}


@dataclass(frozen=True)
class ArchitectureConfig(Config):
    """Which network, and how its parameters begin."""

    arch: str = option(
        "mlp",
        "Architecture; MODULE:FACTORY is your own, FACTORY(input_shape, num_classes) -> torch.nn.Module.",
        "Model",
        choices=("mlp", "lenet5", "transformer"),
        forms=((OWN, r"[A-Za-z_][\w.]*:[A-Za-z_]\w*"),),
    )
    width: int | None = option(
        None,
        "Units of the last hidden layer: 512 for mlp (all layers alike), 84 for lenet5 (the rest in proportion), "
        "64 for transformer (numbers a token).",
        "Model",
        minimum=1,
        maximum=10**7,
    )
    depth: int | None = option(
        None, "Hidden layers of mlp: 2. Blocks of transformer: 4. Of lenet5, 4 and fixed.", "Model", minimum=1
    )
    layer_norm: bool = option(False, "Normalise each hidden layer of mlp over its units before its ReLU.", "Model")
    batch_norm: bool = option(False, "Normalise each unit of mlp over the batch before its ReLU.", "Model")
    patch: int = option(
        7, "Side of a patch of transformer, in pixels; it divides both of the image's.", "Model", minimum=1
    )
    heads: int = option(4, "Heads of each attention of transformer; they divide the width.", "Model", minimum=1)
    init: str = option(
        "default",
        "Law of initial weights: default, as PyTorch; he, N(0, 2/fan_in); xavier, uniform; orthogonal; scaled:G, "
        "default times G.",
        "Model",
        choices=("default", "he", "xavier", "orthogonal"),
        forms=((SCALED, r"scaled:\d*\.?\d+(e[+-]?\d+)?"),),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, kinds in TAKEN_BY.items():
            if self.kind not in kinds and getattr(self, name) not in self._defaults(name):
                raise UsageError(
                    f"{option_flag(name)} has no meaning for --arch {self.arch}.",
                    f"It belongs to --arch {' and '.join(kinds)}.",
                )
        if self.layer_norm and self.batch_norm:
            raise UsageError("--layer-norm and --batch-norm cannot both come before a ReLU.", "Choose one of them.")
        gain = float(self.init.partition(":")[2] or 1)
        if not 0 < gain < math.inf:
            raise UsageError(f"--init {self.init} is not a scale.", "G must be above 0 and finite.")

    def _defaults(self, name: str) -> tuple[object, ...]:
        """Return the values of an option that say nothing: its default, and what a run of this kind records."""
        default = next(field.default for field in fields(self) if field.name == name)
        return (default, DEFAULT_DEPTH.get(self.kind)) if name == "depth" else (default,)

    @property
    def kind(self) -> str:
        """The architecture, ``MODULE:FACTORY`` for any of the user's own."""
        return OWN if ":" in self.arch else self.arch
