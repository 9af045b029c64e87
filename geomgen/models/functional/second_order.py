"""What torch needs so that a network's second derivatives are right."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode


@contextmanager
def second_derivatives() -> Iterator[None]:
    """Compute attention and weight normalisation by operations that can be differentiated twice.

    The fused kernels of attention have no second derivative in torch 2.13, and that of weight normalisation is wrong.
    """
    with sdpa_kernel(SDPBackend.MATH), _PlainWeightNorm():
        yield


class _PlainWeightNorm(TorchFunctionMode):
    """Computes g v / |v| as it is written."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch."""
        if func is torch._weight_norm:
            return _weight_norm(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _weight_norm(direction: torch.Tensor, size: torch.Tensor, dim: int = 0) -> torch.Tensor:
    return direction * (size / torch.norm_except_dim(direction, 2, dim))
