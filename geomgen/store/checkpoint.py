"""Checkpoints: safetensors files that know what they should contain."""

import hashlib
import json
from collections.abc import Callable, Mapping
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
    digest = _Digest(about)
    for name in sorted(ready):
        digest.add(name, ready[name])
    note = json.dumps({"about": dict(about), "sha256": digest.hexdigest()})
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
    tensors: dict[str, Tensor] = {}
    about = _read(path, tensors.__setitem__)
    return Checkpoint(tensors, about)


def read_through(path: Path) -> None:
    """Check what `load_checkpoint` would, with one tensor at a time in memory.

    Raises:
        DataError: If the file is damaged, cut short, or not a checkpoint of geomgen.
        DiskError: If it cannot be read.
    """
    _read(path, lambda _name, _tensor: None)


def _read(path: Path, take: Callable[[str, Tensor], None]) -> dict[str, Any]:
    """Hand on each tensor of a file, and return what was saved with them."""
    try:
        with disk_errors(path):
            path.open("rb").close()
            with safe_open(path, framework="pt") as file:
                about, digest = _note(path, file.metadata())
                found = _Digest(about)
                for name in sorted(file.keys()):
                    tensor = file.get_tensor(name)
                    found.add(name, tensor)
                    take(name, tensor)
    except SafetensorError as error:
        raise DataError(f"{path} is not a whole checkpoint: {error}.", REMEDY) from error
    if found.hexdigest() != digest:
        raise DataError(f"{path} is damaged: its content does not match its SHA-256.", REMEDY)
    return about


def _note(path: Path, metadata: Mapping[str, str] | None) -> tuple[dict[str, Any], str]:
    """Return what was saved with the tensors, and the digest over both."""
    try:
        content = json.loads((metadata or {})[KEY])
        return dict(content["about"]), content["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path} was not written by geomgen: it has no '{KEY}' metadata.", REMEDY) from error


class _Digest:
    """SHA-256 over what was saved with tensors, and over the tensors in order of their names."""

    def __init__(self, about: Mapping[str, Any]) -> None:
        self._sum = hashlib.sha256(json.dumps(about, sort_keys=True).encode())

    def add(self, name: str, tensor: Tensor) -> None:
        self._sum.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        self._sum.update(tensor.reshape(-1).view(torch.uint8).numpy().data)

    def hexdigest(self) -> str:
        return self._sum.hexdigest()
