"""Parameters from a file of another program, as the state of a network of geomgen's."""

import re
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from geomgen.errors import DataError
from geomgen.models.layers import Network
from geomgen.store.foreign import read_tensors

OWN_PREFIX = "own.module."
"""What geomgen puts before the names of the parameters of a user's own network."""
WIDENED = (torch.float16, torch.bfloat16)
"""Types whose every number is a float32 as well."""


def fitting(path: Path, model: Network) -> dict[str, Tensor]:
    """Return the tensors of a file under the names, in the shapes and of the types of a network's state.

    Args:
        path: As `read_tensors` reads it.
        model: The network.

    Raises:
        DataError: If they are not those of the network.
    """
    found, wanted = read_tensors(path), model.state_dict()
    names = _names_in_file(path, list(found), list(wanted))
    return {name: _checked(path, found[names[name]], tensor, names[name]) for name, tensor in wanted.items()}


def _names_in_file(path: Path, names: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """Return the name in a file of each tensor of a network.

    Names may lack what geomgen puts before them, and may all begin with the same words: ``module.`` of parallel
    training, ``_orig_mod.`` of a compiled module.

    Raises:
        DataError: If they are others.
    """
    bare = [name.removeprefix(OWN_PREFIX) for name in wanted]
    first = min(names, default="")
    for own, words in product((wanted, bare), ("", *(first[: dot.end()] for dot in re.finditer(r"\.", first)))):
        there = [words + name for name in own]
        if set(there) == set(names):
            return dict(zip(wanted, there, strict=True))
    raise DataError(
        f"{path} does not hold the parameters of this --arch: {_difference(names, bare)}.",
        "Name the module whose state_dict it is with --arch MODULE:FACTORY.",
    )


def _difference(names: Sequence[str], own: Sequence[str]) -> str:
    parts = {"it lacks": sorted(set(own) - set(names)), "it has": sorted(set(names) - set(own))}
    return ", ".join(f"{how} {', '.join(some[:3])}{' ...' * (len(some) > 3)}" for how, some in parts.items() if some)


def _checked(path: Path, tensor: Tensor, wanted: Tensor, name: str) -> Tensor:
    if tensor.shape != wanted.shape:
        raise DataError(
            f"{path}: {name} has the shape {tuple(tensor.shape)}, but in this --arch {tuple(wanted.shape)}.",
            "Name the sizes that it was trained with: --width, --depth, --data, or another --arch.",
        )
    if tensor.dtype in WIDENED and wanted.dtype == torch.float32:
        tensor = tensor.float()
    if tensor.dtype != wanted.dtype:
        raise DataError(
            f"{path}: {name} is {tensor.dtype}, but geomgen measures {wanted.dtype}.",
            "Save model.float().state_dict().",
        )
    if not tensor.isfinite().all():
        raise DataError(f"{path}: {name} has entries that are not finite numbers.", "Name another state.")
    return tensor.contiguous()
