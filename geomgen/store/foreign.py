"""Files of parameters that another program wrote: safetensors, or pickled by ``torch.save``."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from geomgen.errors import DataError
from geomgen.store import unpickle
from geomgen.store.files import disk_errors

if TYPE_CHECKING:
    from torch import Tensor

SAFE, PICKLED = ".safetensors", (".pt", ".pth", ".bin")
REMEDY = "Write it again: safetensors.torch.save_file(model.state_dict(), 'final.safetensors')"
LONGEST_S = 600


def read_tensors(path: Path) -> "dict[str, Tensor]":
    """Return the tensors of a file by name, on the CPU. Nothing is unpickled in this process.

    Args:
        path: A ``.safetensors`` file, or a pickled state_dict, ``.pt``, ``.pth`` or ``.bin``.

    Raises:
        DataError: If it is none of these, or holds something else.
        DiskError: If it cannot be read.
    """
    if path.suffix not in {SAFE, *PICKLED}:
        raise DataError(f"{path} is neither a {SAFE} file nor one of torch.save ({', '.join(PICKLED)}).", REMEDY)
    with disk_errors(path):
        path.open("rb").close()
    return _safe(path, path) if path.suffix == SAFE else _unpickled(path)


def _safe(path: Path, source: Path) -> "dict[str, Tensor]":
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in sorted(file.keys())}
    except SafetensorError as error:
        raise DataError(f"{source} is not a whole safetensors file: {error}.", REMEDY) from error


def _unpickled(path: Path) -> "dict[str, Tensor]":
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"tensors{SAFE}"
        words = [sys.executable, "-I", unpickle.__file__, str(path.resolve()), str(target)]
        try:
            ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=LONGEST_S, cwd=folder)
        except subprocess.TimeoutExpired as error:
            raise DataError(f"{path} was not read within {LONGEST_S} s.", REMEDY) from error
        if ended.returncode:
            reason = (ended.stderr.strip().splitlines() or [f"the process ended with code {ended.returncode}"])[-1]
            raise DataError(f"{path} cannot be read by torch.load(weights_only=True): {reason}", REMEDY)
        return _safe(target, path)
