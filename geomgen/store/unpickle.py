"""A pickled state_dict, read in a process of its own: ``python -I unpickle.py SOURCE TARGET.safetensors``.

It is run by its path and imports nothing of geomgen, so that whatever is in the file happens where no run is open.
Torch's restricted unpickler makes tensors and plain containers only, and runs no code of the file.
"""

import sys
from collections.abc import Mapping
from typing import Any

INSIDE = ("state_dict", "model_state_dict", "model")
"""Under which names training scripts keep the parameters beside other things."""


def convert(source: str, target: str) -> None:
    """Write the tensors of a pickled state_dict as a safetensors file.

    Raises:
        ValueError: If the file holds something else.
    """
    import torch
    from safetensors.torch import save_file

    found = _state_of(torch.load(source, map_location="cpu", weights_only=True))
    save_file({name: tensor.detach().clone().contiguous() for name, tensor in found.items()}, target)


def _state_of(loaded: Any) -> Mapping[str, Any]:
    """Return the tensors by name: all that was saved, or what is under one of the usual names."""
    import torch

    candidates = [loaded]
    if isinstance(loaded, Mapping):
        candidates += [loaded[name] for name in INSIDE if name in loaded]
    for found in candidates:
        if isinstance(found, Mapping) and found and all(isinstance(value, torch.Tensor) for value in found.values()):
            return found
    raise ValueError(f"it holds no state_dict, neither itself nor under {', '.join(INSIDE)}")


def main(source: str, target: str) -> int:
    """Convert a file; say on standard error why it cannot be done.

    Returns:
        The exit code.
    """
    try:
        convert(source, target)
    except Exception as error:  # the unpickler raises a dozen types on damaged bytes, and can fail on nothing else
        sys.stderr.write(f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
