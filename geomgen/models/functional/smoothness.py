"""Whether a network's loss has a second derivative everywhere: kinks in it have curvature that no Hessian sees."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from geomgen.models.functional.network import NetworkFunction

KINKED = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.CELU, nn.SELU, nn.Hardtanh, nn.Hardswish,
    nn.Hardsigmoid, nn.Hardshrink, nn.Softshrink, nn.Threshold, nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d,
    nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d,
)  # fmt: skip
"""Modules of which the first or second derivative jumps."""
KINKED_OPERATIONS = frozenset({
    "relu", "leaky_relu", "_prelu_kernel", "rrelu_with_noise", "elu", "hardtanh", "hardswish", "hardsigmoid",
    "hardshrink", "softshrink", "threshold", "abs", "sign", "sgn", "heaviside", "round", "floor", "ceil", "trunc",
    "frac", "fmod", "remainder", "clamp", "clamp_min", "clamp_max", "max", "min", "amax", "amin", "aminmax", "maximum",
    "minimum", "fmax", "fmin", "sort", "topk", "kthvalue", "median", "nanmedian", "mode", "cummax", "cummin", "argmax",
    "argmin", "argsort", "gt", "ge", "lt", "le", "smooth_l1_loss", "huber_loss", "max_pool2d_with_indices",
    "max_pool3d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool3d", "fractional_max_pool2d",
    "fractional_max_pool3d",
})  # fmt: skip
"""torch's operations of which the same is true, and comparisons, by which code chooses between functions."""


def kinks(model: nn.Module) -> list[str]:
    """Return the kinds of a network's modules that have kinks; functions that a user's module calls are not seen."""
    return sorted({type(module).__name__ for module in model.modules() if isinstance(module, KINKED)})


def kinked_operations(
    network: NetworkFunction, theta: Float[Tensor, " D"], inputs: Float[Tensor, "n ..."]
) -> list[str]:
    """Return the operations with kinks that a network applies to what depends on its parameters, in its code too.

    They are read from one pass, whether or not any input is near a kink: a bound far from all values counts. What
    only depends on the inputs, or was detached, does not.

    Args:
        network: The function.
        theta: Parameters.
        inputs: Of n samples, one of which passes.
    """
    operations = _Operations()
    with operations:
        network.outputs(theta.detach().clone().requires_grad_(), inputs[:1])
    return sorted(operations.kinked)


class _Operations(TorchDispatchMode):
    """Collects the names of operations with kinks."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kinked: set[str] = set()

    def __torch_dispatch__(
        self, func: OpOverload, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Note the operation, and do it."""
        name = func.overloadpacket.__name__.rstrip("_")
        if name in KINKED_OPERATIONS and any(isinstance(arg, Tensor) and arg.requires_grad for arg in args):
            self.kinked.add(name)
        return func(*args, **(kwargs or {}))
