"""The environment of a result: packages, processor, commit. No names of people or machines, and no secrets."""

import os
import platform
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from geomgen.processor import CPUINFO, instruction_set, products

PACKAGES = ("geomgen", "torch", "numpy", "scipy", "pandas", "pyarrow", "safetensors")
PACKAGE_DIR = Path(__file__).parents[1]


def environment() -> dict[str, Any]:
    """Return a description of this machine and this code, as JSON values."""
    return {
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "instruction_set": instruction_set(),
        "products": products()._asdict(),
        "gpu": _gpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "commit": commit(),
        "dirty": dirty(),
    }


@cache
def commit() -> str | None:
    """Return the git commit of the checkout that this package is run from; None outside one.

    Cached, since this process runs the code that it loaded, even if the checkout has changed since.
    """
    if _git("ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    return _git("rev-parse", "HEAD")


@cache
def dirty() -> bool | None:
    """Return whether the package's code differs from its commit; None outside a checkout."""
    status = _git("status", "--porcelain", "--", ".")
    return None if commit() is None or status is None else bool(status)


def _git(*arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", "-C", str(PACKAGE_DIR), *arguments], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()


def _processor() -> str:
    if CPUINFO.exists():
        for line in CPUINFO.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _gpu() -> str | None:
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch is not None and torch.cuda.is_available() else None
