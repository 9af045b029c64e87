"""Which files a user's own network is made from, and what is noticed of them."""

import hashlib
import importlib
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from geomgen.config.architecture import ArchitectureConfig
from geomgen.errors import UsageError
from geomgen.models.code import changed_files, file_digests, importing, require_module
from geomgen.models.custom import code_sha256

NETWORK = """
from torch import nn
from parts.maps import first
from named_like_nothing_else import SIZE

def factory(input_shape, num_classes):
    import called_late
    return nn.Sequential(nn.Flatten(), first(SIZE), nn.ReLU(), nn.Linear(6, num_classes))
"""
FILES = {
    "my_network_of_files.py": NETWORK,
    "parts/__init__.py": "from parts import unused",
    "parts/maps.py": "from torch import nn\nimport parts.sizes\n\ndef first(size):\n    return nn.Linear(size, 6)\n",
    "parts/sizes.py": "",
    "parts/unused.py": "",
    "named_like_nothing_else.py": "SIZE = 12\n",
    "called_late.py": "",
    "a_stranger.py": "",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


@pytest.fixture
def digests(folder: Path) -> dict[str, str]:
    importlib.import_module("a_stranger")  # but not by the network

    return code_sha256(ArchitectureConfig(arch="my_network_of_files:factory"), (3, 2, 2), 4)


def test_every_file_that_was_loaded_counts_and_no_other(folder: Path, digests: dict[str, str]) -> None:
    assert digests == {
        name: hashlib.sha256(content.encode()).hexdigest()
        for name, content in sorted(FILES.items())
        if name != "a_stranger.py"
    }
    again = code_sha256(ArchitectureConfig(arch="my_network_of_files:factory"), (3, 2, 2), 4)
    assert again == digests


@pytest.mark.parametrize("name", ["my_network_of_files.py", "parts/sizes.py", "called_late.py"])
def test_a_file_that_has_changed_or_is_gone_is_named_and_nothing_is_run(
    folder: Path, digests: dict[str, str], name: str
) -> None:
    assert changed_files(digests) == []
    (folder / name).write_text("1 / 0")
    assert changed_files(digests) == [name]
    (folder / name).unlink()
    assert changed_files(digests) == [name]


def test_installed_modules_count_only_if_they_are_the_network_itself() -> None:
    import tabulate  # noqa: F401

    with importing("tabulate"):
        pass
    assert list(file_digests("tabulate")) == ["tabulate/__init__.py"]


def test_packages_of_another_environment_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = tmp_path / "system" / "dist-packages"
    packages.mkdir(parents=True)
    (packages / "installed_for_all.py").write_text("SIZE = 6\n")
    (tmp_path / "uses_what_is_installed.py").write_text("import installed_for_all\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path, str(packages)])
    with importing("uses_what_is_installed"):
        importlib.import_module("uses_what_is_installed")
    assert list(file_digests("uses_what_is_installed")) == ["uses_what_is_installed.py"]


def test_a_module_that_is_not_there_is_refused(folder: Path) -> None:
    assert require_module("parts.maps:first") == folder / "parts" / "maps.py"
    with pytest.raises(UsageError, match=r"there is no module nowhere_at_all. Run from the folder that holds"):
        require_module("nowhere_at_all:f")
    for name in ("parts.nowhere", "a_stranger.nowhere"):
        with pytest.raises(UsageError, match=f"there is no module {name}. Run from the folder that holds"):
            require_module(f"{name}:f")


def test_no_code_is_run_to_find_a_module(folder: Path) -> None:
    (folder / "parts" / "__init__.py").write_text("1 / 0")
    assert require_module("parts.maps:first") == folder / "parts" / "maps.py"


def test_the_current_folder_hides_installed_modules_but_none_of_pythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder])
    for name in ("sndhdr.py", "tabulate.py"):
        (tmp_path / name).write_text("1 / 0")
    require_module("tabulate:f")
    places = [PathFinder.find_spec(name, sys.path) for name in ("sndhdr", "tabulate")]
    origins = [Path(str(place.origin)).parent for place in places if place is not None]
    assert (origins[0] == tmp_path, origins[1] == tmp_path) == (False, True)
