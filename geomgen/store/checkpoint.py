"""Checkpoints: safetensors files that know what they should contain.

Torch is imported only where tensors are used: checking a file needs none.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from safetensors import SafetensorError, safe_open

from geomgen.errors import DataError, DiskError
from geomgen.store.files import disk_errors, where_it_went, write_file

if TYPE_CHECKING:
    from torch import Tensor

KEY = "geomgen"
REMEDY = "Restore it from a copy, or train again."
LENGTH_BYTES = 8
TORCH_NAMES = {
    "BOOL": "torch.bool", "U8": "torch.uint8", "I8": "torch.int8", "I16": "torch.int16", "I32": "torch.int32",
    "I64": "torch.int64", "F16": "torch.float16", "BF16": "torch.bfloat16", "F32": "torch.float32",
    "F64": "torch.float64",
}  # fmt: skip
"""Torch's name, used in the digest, for each number type of safetensors."""


class Checkpoint(NamedTuple):
    """Tensors by name, and the JSON that was saved with them."""

    tensors: "dict[str, Tensor]"
    about: dict[str, Any]


class _Content(NamedTuple):
    """A tensor as the digest sees it: its name, type and shape as text, and its bytes."""

    heading: str
    raw: bytes | memoryview


def save_checkpoint(path: Path, tensors: "Mapping[str, Tensor]", about: Mapping[str, Any]) -> None:
    """Write tensors and a JSON mapping as one whole file, with a digest over both.

    Safetensors itself would load a flipped bit silently.

    Args:
        path: Ends in ``.safetensors``.
        tensors: Contiguous, on any device, of the types in `TORCH_NAMES`.
        about: Saved under the file's only metadata key, since more than one makes its bytes vary.

    Raises:
        DiskError: If the disk refuses.
    """
    from safetensors.torch import save_file

    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    note = json.dumps({"about": dict(about), "sha256": _digest(about, _of_tensors(ready))})
    try:
        write_file(path, lambda partial: save_file(ready, partial, metadata={KEY: note}))
    except SafetensorError as error:
        remedy = where_it_went(path) or "Free some space, or choose another folder."
        raise DiskError(f"{path}: {error}.", remedy) from error


def load_checkpoint(path: Path) -> Checkpoint:
    """Return what `save_checkpoint` saved, every bit of it checked.

    Raises:
        DataError: If the file is damaged, cut short, or not a checkpoint of geomgen.
        DiskError: If it cannot be read.
    """
    with _opened(path, "pt") as file:
        about, digest = _note(path, file.metadata())
        tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
        _require_equal(path, _digest(about, _of_tensors(tensors)), digest)
    return Checkpoint(tensors, about)


def read_through(path: Path) -> None:
    """Make the same checks as `load_checkpoint`, with one tensor at a time in memory, and without torch.

    Raises:
        DataError: If the file is damaged, cut short, or not a checkpoint of geomgen.
        DiskError: If it cannot be read.
    """
    with _opened(path, "np"), path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(LENGTH_BYTES), "little")))
        about, digest = _note(path, header.pop("__metadata__", None))
        _require_equal(path, _digest(about, _of_file(file, header)), digest)


def tensors_sha256(tensors: "Mapping[str, Tensor]") -> str:
    """Return the SHA-256 of tensors: of their names, types, shapes and bytes, in order of their names."""
    return _digest({}, _of_tensors({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}))


@contextmanager
def _opened(path: Path, framework: str) -> Iterator[Any]:
    """Open a file that safetensors accepts as complete.

    Yields:
        The open file.

    Raises:
        DataError: If it is not.
        DiskError: If it cannot be read.
    """
    try:
        with disk_errors(path):
            path.open("rb").close()
            with safe_open(path, framework=framework) as file:
                yield file
    except SafetensorError as error:
        raise DataError(f"{path} is not a whole checkpoint: {error}.", REMEDY) from error


def _note(path: Path, metadata: Mapping[str, str] | None) -> tuple[dict[str, Any], str]:
    """Return what was saved with the tensors, and the digest over both."""
    try:
        content = json.loads((metadata or {})[KEY])
        return dict(content["about"]), content["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path} was not written by geomgen: it has no '{KEY}' metadata.", REMEDY) from error


def _require_equal(path: Path, found: str, digest: str) -> None:
    if found != digest:
        raise DataError(f"{path} is damaged: its content does not match its SHA-256.", REMEDY)


def _digest(about: Mapping[str, Any], contents: Iterable[_Content]) -> str:
    """Return the SHA-256 of the JSON saved with tensors, and of the tensors in order of their names."""
    found = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for content in contents:
        found.update(content.heading.encode())
        found.update(content.raw)
    return found.hexdigest()


def _of_tensors(tensors: "Mapping[str, Tensor]") -> Iterator[_Content]:
    import torch

    for name in sorted(tensors):
        tensor = tensors[name]
        yield _Content(_heading(name, tensor.dtype, tensor.shape), tensor.reshape(-1).view(torch.uint8).numpy().data)


def _of_file(file: IO[bytes], header: Mapping[str, Mapping[str, Any]]) -> Iterator[_Content]:
    """Yield the tensors of a file whose header has been read, and checked by safetensors."""
    start = file.tell()
    for name in sorted(header):
        first, last = header[name]["data_offsets"]
        file.seek(start + first)
        kind = header[name]["dtype"]
        yield _Content(_heading(name, TORCH_NAMES.get(kind, kind), header[name]["shape"]), file.read(last - first))


def _heading(name: str, dtype: object, shape: Iterable[int]) -> str:
    return f"{name} {dtype} {tuple(shape)}"
