"""The environment of a result, without names of people or places."""

import getpass
import json
import platform
import subprocess
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

from geomgen.store import environment as module
from geomgen.store.environment import PACKAGES, commit, dirty, environment


def _git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", str(folder), *identity, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def seen() -> Iterator[Callable[[], tuple[str | None, bool | None]]]:
    """Return commit and whether the code differs, looked at anew each time."""

    def look() -> tuple[str | None, bool | None]:
        commit.cache_clear()
        dirty.cache_clear()
        return commit(), dirty()

    yield look
    commit.cache_clear()
    dirty.cache_clear()


def test_versions_are_those_that_are_installed() -> None:
    found = environment()
    assert found["packages"] == {name: metadata.version(name) for name in PACKAGES}
    assert found["python"] == platform.python_version()
    assert found["cores"] >= 1
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("flags", "name", "by_onednn", "transposed"),
    [
        ({"avx2"}, "AVX2", False, True),
        ({"avx2", "avx512bw"}, "AVX-512", True, False),
        ({"avx2", "avx512bw", "avx512_bf16"}, "AVX-512 BF16", True, False),
        ({"avx2", "avx512bw", "avx512_bf16", "amx_bf16"}, "AMX", False, False),
        (set(), "unknown", True, False),
    ],
)
def test_how_products_are_computed_is_in_it(
    monkeypatch: pytest.MonkeyPatch, flags: set[str], name: str, by_onednn: bool, transposed: bool
) -> None:
    monkeypatch.setattr("geomgen.processor._flags", lambda: flags)
    found = environment()
    assert found["instruction_set"] == name
    assert found["products"] == {"by_onednn": by_onednn, "transposed": transposed}


def test_no_name_of_a_person_or_machine_is_in_it() -> None:
    words = json.dumps(environment()).lower()
    assert platform.node().lower() not in words
    assert str(Path.home()).lower() not in words
    assert f'"{getpass.getuser().lower()}"' not in words


def test_commit_and_whether_the_code_differs_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: Callable[[], tuple[str | None, bool | None]]
) -> None:
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setattr(module, "PACKAGE_DIR", package)
    assert seen() == (None, None)
    (package / "__init__.py").write_text("")
    _git(tmp_path, "init", "-q")
    assert seen() == (None, None)
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "Begin")
    head = _git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "beside").write_text("")
    assert seen() == (head, False)
    (package / "__init__.py").write_text("x = 1\n")
    assert seen() == (head, True)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert seen() == (None, None)
