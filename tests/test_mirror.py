"""tests/ mirrors geomgen/: what is public in a module has its test file where the module's path says."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
WHOLE = {
    "tests/experiments/test_architectures.py",
    "tests/cli/test_commands.py",
    "tests/cli/test_without_torch.py",
    "tests/report/test_settings.py",
}
"""Tests of many modules together."""


def _is_public(module: Path) -> bool:
    """Return whether a module defines a function or class without an underscore."""
    body = ast.parse(module.read_text(encoding="utf-8")).body
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return any(isinstance(node, kinds) and not node.name.startswith("_") for node in body)


def _test_file(module: Path) -> Path:
    return (ROOT / "tests" / module.relative_to(ROOT / "geomgen")).with_name(f"test_{module.name}")


def test_every_public_module_has_its_test_file() -> None:
    modules = [path for path in sorted((ROOT / "geomgen").rglob("*.py")) if _is_public(path)]
    without = [str(path.relative_to(ROOT)) for path in modules if not _test_file(path).exists()]
    assert not without


def test_no_test_file_is_left_of_a_module_that_is_gone() -> None:
    rooms = [path for path in (ROOT / "geomgen").iterdir() if path.is_dir()]
    files = [path for room in rooms for path in (ROOT / "tests" / room.name).rglob("test_*.py")]
    named = {(ROOT / "geomgen" / path.relative_to(ROOT / "tests")).with_name(path.name[5:]): path for path in files}
    assert {str(path.relative_to(ROOT)) for module, path in named.items() if not module.exists()} <= WHOLE
