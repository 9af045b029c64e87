"""Checkpoints: safetensors files that know what they should contain."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from geomgen.errors import DataError, DiskError
from geomgen.store.files import disk_errors, write_file

KEY = "geomgen"
REMEDY = "Restore it from a copy, or train again."


class Checkpoint(NamedTuple):
    """Tensors by name, and the JSON that was saved with them."""

    tensors: dict[str, Tensor]
    about: dict[str, Any]


def save_checkpoint(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors and a JSON mapping as one whole file, with a digest over both.

    Safetensors itself would load a flipped bit without a word.

    Args:
        path: Ends in ``.safetensors``.
        tensors: Contiguous, on any device.
        about: Saved under the file's only metadata key, since more than one makes its bytes vary.

    Raises:
        DiskError: If the disk refuses.
    """
    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    note = json.dumps({"about": dict(about), "sha256": _digest(ready, about)})
    try:
        write_file(path, lambda partial: save_file(ready, partial, metadata={KEY: note}))
    except SafetensorError as error:
        raise DiskError(f"{path}: {error}.", "Free some space, or choose another folder.") from error


def load_checkpoint(path: Path) -> Checkpoint:
    """Return what `save_checkpoint` saved, every bit of it checked.

    Raises:
        DataError: If the file is damaged, cut short, or not a checkpoint of geomgen.
        DiskError: If it cannot be read.
    """
    try:
        with disk_errors(path):
            path.open("rb").close()
            with safe_open(path, framework="pt") as file:
                note = (file.metadata() or {}).get(KEY)
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise DataError(f"{path} is not a whole checkpoint: {error}.", REMEDY) from error
    return _checked(path, note, tensors)


def _checked(path: Path, note: str | None, tensors: dict[str, Tensor]) -> Checkpoint:
    try:
        content = json.loads(note or "")
        about, digest = content["about"], content["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} was not written by geomgen: it has no '{KEY}' metadata.", REMEDY) from error
    if _digest(tensors, about) != digest:
        raise DataError(f"{path} is damaged: its content does not match its SHA-256.", REMEDY)
    return Checkpoint(tensors, about)


def _digest(tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
