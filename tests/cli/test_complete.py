"""The shell completes runs, options' words and commands, in a moment: nothing heavy is imported for it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from geomgen.cli.complete import complete_runs, complete_words
from geomgen.store.run import create_run

SCRIPT = """
import json, sys
sys.argv = ["geomgen", *sys.argv[1:]]
from geomgen.cli.app import main
try:
    main()
finally:
    sys.stderr.write(json.dumps([name for name in ("torch", "pandas", "numpy", "pyarrow") if name in sys.modules]))
"""


def _completed(folder: Path, *words: str) -> list[str]:
    """Return what a shell is told in a folder for the last of these words."""
    line = {"COMP_WORDS": " ".join(["geomgen", *words]), "COMP_CWORD": str(len(words))}
    environment = {**os.environ, **line, "_GEOMGEN_COMPLETE": "complete_bash"}
    command = [sys.executable, "-c", SCRIPT]
    ended = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert json.loads(ended.stderr) == []
    return ended.stdout.split()


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    for label in "ab":
        create_run(tmp_path / "runs", "train", label, {}, {})
    (tmp_path / "runs" / "20notes").mkdir()
    (tmp_path / "runs" / ".2hidden").mkdir()
    (tmp_path / "runs" / ".2hidden" / "config.json").touch()
    return tmp_path / "runs"


def test_a_shell_is_told_runs_and_words_and_torch_is_not_loaded(runs_dir: Path) -> None:
    names = sorted(path.name for path in runs_dir.glob("2*-train*"))
    folder = runs_dir.parent
    for words in (("volume", "20"), ("show", "20"), ("verify", "20"), ("train", "--resume", "20")):
        assert _completed(folder, *words) == names
    assert _completed(folder, "compare", names[0], "2")[0].startswith("20")
    for option in ("--teacher", "--start"):
        assert _completed(folder, "train", option, "la") == ["latest"]
    assert _completed(folder, "show", "runs/2") == [f"runs/{name}" for name in names]
    assert _completed(folder, "volume", "--runs-dir", "elsewhere", "2") == []
    assert _completed(folder, "train", "--arch", "l") == ["lenet5"]
    assert _completed(folder, "ls", "--format", "j") == ["json"]
    assert "import" in _completed(folder, "im")
    assert _completed(folder, "sweep", "quick/dif") == ["quick/diffusion"]
    assert {"demo", "full", "quick", "full/diffusion"} <= {*_completed(folder, "sweep", "''")}


def test_problems_of_a_family_and_the_options_of_its_default(tmp_path: Path) -> None:
    assert _completed(tmp_path, "regress", "r") == ["rff", "ridgeless"]
    assert _completed(tmp_path, "regress", "--repet") == _completed(tmp_path, "regress", "linear", "--repet")
    assert _completed(tmp_path, "regress", "--repet") == ["--repetitions"]


def test_names_of_the_folder_that_is_meant(runs_dir: Path) -> None:
    names = sorted(path.name for path in runs_dir.glob("2*-train*"))
    context = SimpleNamespace(params={"runs_dir": runs_dir})
    assert complete_runs(context, "") == [*names, "latest"]
    assert complete_runs(context, names[0][:-1]) == [names[0]]
    assert complete_runs(context, f"{runs_dir}/2") == [f"{runs_dir}/{name}" for name in names]
    assert complete_runs(SimpleNamespace(params={}), "nothing/") == []


def test_words_that_begin_alike() -> None:
    assert complete_words(("adam", "adamw", "sgd"))("ad") == ["adam", "adamw"]


def test_it_is_installed_for_a_shell(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    words = [sys.executable, "-m", "geomgen", "--install-completion", "bash"]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "_GEOMGEN_COMPLETE=complete_bash" in (tmp_path / ".bash_completions" / "geomgen.sh").read_text()
