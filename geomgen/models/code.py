"""A user's own code: the files that their module is made of, identified by content."""

import hashlib
import importlib
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from geomgen.errors import UsageError

INSTALLED = ("stdlib", "platstdlib", "purelib", "platlib")
FOREIGN = (*(Path(sysconfig.get_path(name)).resolve() for name in INSTALLED), Path(__file__).parents[1])
"""Folders whose code is not the user's: Python's, installed packages' and geomgen's."""
PACKAGES = frozenset({"site-packages", "dist-packages"})
"""Names of folders of installed packages: an environment may use those of others too, such as the system's."""

_imported: dict[str, set[str]] = {}
"""Modules that were first imported while a user's module was imported or called, by its name."""


@contextmanager
def importing(name: str) -> Iterator[None]:
    """Record what is imported inside the block as part of a user's module."""
    before = set(sys.modules)
    try:
        yield
    finally:
        _imported.setdefault(name, set()).update(set(sys.modules) - before)


def require_module(arch: str) -> Path:
    """Return the file of the module of a ``MODULE:FACTORY``; neither it nor a package that it is in is run.

    The current folder is searched too: after Python's own modules, so that a file there hides none of them, and before
    installed ones.

    Raises:
        UsageError: If there is no such file.
    """
    name = arch.partition(":")[0]
    sys.path[:] = _search_path()
    importlib.invalidate_caches()
    spec = _spec(name)
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise UsageError(
            f"--arch {arch}: there is no module {name}.",
            f"Run from the folder that holds {name.partition('.')[0]}.py, or add that folder to PYTHONPATH.",
        )
    return Path(spec.origin)


def module_of_file(file: Path) -> str:
    """Return the name by which a file is imported; its folder is searched from now on, after Python's own modules.

    Nothing is run.

    Raises:
        UsageError: If there is no such file, or another module has that name.
    """
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file.", "Give the path of a Python file.")
    sys.path[:] = _search_path(file.resolve().parent)
    importlib.invalidate_caches()
    spec = _spec(file.stem)
    if spec is None or spec.origin is None or Path(spec.origin).resolve() != file.resolve():
        hides = "" if spec is None or spec.origin is None else f": {spec.origin} has that name"
        raise UsageError(f"{file} cannot be imported as {file.stem}{hides}.", "Rename the file.")
    return file.stem


def _search_path(folder: Path | None = None) -> list[str]:
    """Return the folders that are searched for modules, the given one or else the current one among them."""
    here = str(folder or Path.cwd())
    if here in sys.path:
        return sys.path
    installed = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    place = next((place for place, folder in enumerate(sys.path) if folder in installed), len(sys.path))
    return [*sys.path[:place], here, *sys.path[place:]]


def _spec(name: str) -> ModuleSpec | None:
    """Return how a module would be loaded; None if there is none."""
    first, *others = name.split(".")
    try:
        spec = find_spec(first)
    except ValueError:  # a module that was not loaded from a file
        return None
    for number in range(len(others)):
        if spec is None or spec.submodule_search_locations is None:
            return None
        spec = PathFinder.find_spec(".".join([first, *others[: number + 1]]), spec.submodule_search_locations)
    return spec


def file_digests(name: str) -> dict[str, str]:
    """Return the SHA-256 of each of the user's own files that a module was loaded from, itself included.

    These are the modules that it refers to, directly or indirectly, and all that were first imported with it.

    Args:
        name: An imported module.

    Returns:
        By path relative to a folder of ``sys.path``, in order.
    """
    modules = {name: sys.modules[name], **_referred(sys.modules[name])}
    modules |= {other: sys.modules[other] for other in _imported.get(name, ()) if other in sys.modules}
    files = {_relative(other): file for other, module in modules.items() if (file := _own_file(module, name))}
    return {path: _sha256(file) for path, file in sorted(files.items())}


def changed_files(recorded: Mapping[str, str]) -> list[str]:
    """Return which of some files have other content on ``sys.path``, or are missing there; none is run."""
    replaced = replaced_files(recorded)
    return [path for path in recorded if path in replaced or _find(path) is None]


def replaced_files(recorded: Mapping[str, str]) -> list[str]:
    """Return which of some files have other content on ``sys.path``; none is run."""
    found = {path: _find(path) for path in recorded}
    return [path for path, file in found.items() if file is not None and _sha256(file) != recorded[path]]


def _find(path: str) -> Path | None:
    candidates = (Path(folder or ".") / path for folder in _search_path())
    return next((file for file in candidates if file.is_file()), None)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _relative(name: str) -> str:
    """Return the path of a module's file relative to the folder that it was found in."""
    ending = "/__init__.py" if hasattr(sys.modules[name], "__path__") else ".py"
    return name.replace(".", "/") + ending


def _own_file(module: ModuleType, name: str) -> Path | None:
    """Return the file of a module that is the user's own; None for any other module but the named one."""
    origin = getattr(module, "__file__", None)
    if origin is None or not origin.endswith(".py") or module.__name__ == "__main__":
        return None
    file = Path(origin).resolve()
    is_foreign = any(file.is_relative_to(folder) for folder in FOREIGN) or not PACKAGES.isdisjoint(file.parts)
    return None if is_foreign and module.__name__ != name else file


def _referred(module: ModuleType) -> dict[str, ModuleType]:
    """Return the user's own modules that a module's globals refer to, directly or through one another."""
    found: dict[str, ModuleType] = {}
    waiting = [module]
    while waiting:
        for value in list(vars(waiting.pop()).values()):
            other = _module_of(value)
            if other is not None and other.__name__ not in found and _own_file(other, "") is not None:
                found[other.__name__] = other
                waiting.append(other)
    return found


def _module_of(value: Any) -> ModuleType | None:
    """Return a value itself if it is a module, else the module that it says it was defined in."""
    if isinstance(value, ModuleType):
        return value
    name = getattr(value, "__module__", None)
    return sys.modules.get(name) if isinstance(name, str) else None
