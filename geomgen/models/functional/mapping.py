"""A function of one vector as a function of many: mapped by torch or, where torch has no rule for it, one by one."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import vmap

from geomgen.errors import UsageError

warnings.filterwarnings("ignore", "There is a performance drop because we have not yet implemented the batching rule")


def mapped(
    function: Callable[..., Any], in_dims: Sequence[int | None] = (0,), *, alone: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """Return a function mapped over the first dimension of some arguments, as `torch.func.vmap` maps it.

    What torch cannot map, such as nn.GRU, is called once for each element, which takes as long as so many calls.

    Args:
        function: Returns a tensor, or several.
        in_dims: For each argument 0, or None if all elements share it.
        alone: The same function for a single call, if ``function`` itself maps.
    """

    def of_many(*arguments: Tensor) -> Any:
        try:
            return vmap(function, tuple(in_dims))(*arguments)
        except (RuntimeError, UsageError):  # there is no narrower kind; whatever else failed is raised again
            return _one_by_one(alone or function, in_dims, arguments)

    return of_many


def _one_by_one(function: Callable[..., Any], in_dims: Sequence[int | None], arguments: Sequence[Tensor]) -> Any:
    count = next(len(argument) for argument, dim in zip(arguments, in_dims, strict=True) if dim == 0)
    each = (
        argument.unbind() if dim == 0 else [argument] * count for argument, dim in zip(arguments, in_dims, strict=True)
    )
    found = [function(*own) for own in zip(*each, strict=True)]
    if isinstance(found[0], Tensor):
        return torch.stack(found)
    return tuple(torch.stack(parts) for parts in zip(*found, strict=True))
