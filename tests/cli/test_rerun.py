"""``geomgen rerun``: a new run beside the old one, told on standard output."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from geomgen import open_run
from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.experiments.modified_flow import modified_flow
from geomgen.store.run import create_run
from tests.conftest import Command


def test_a_run_is_made_again_with_its_measures(geomgen: Command, run_dir: Path) -> None:
    result = geomgen("rerun", "latest", "--runs-dir", run_dir.parent)
    again, first = open_run(result.stdout.strip()), open_run(run_dir)
    assert result.returncode == 0, result.stderr
    assert result.stderr != ""
    assert (again.path.parent, again.path != first.path) == (run_dir.parent, True)
    assert again.config == first.config
    for name in ("training", "activation_volume"):
        old, new = (run.table(name).drop(columns=["run_id", "wall_time_s"], errors="ignore") for run in (first, again))
        assert new.equals(old)


def test_a_run_may_come_from_standard_input_and_the_new_one_goes_where_it_is_told(
    geomgen: Command, tmp_path: Path
) -> None:
    first = modified_flow(ModifiedFlowConfig(halvings=2, threads=1), tmp_path / "old")
    result = geomgen("rerun", "-", "--runs-dir", tmp_path / "new", "-q", stdin=f"{first.path}\n")
    assert (result.returncode, result.stderr) == (0, "")
    assert open_run(result.stdout.strip()).path.parent == tmp_path / "new"


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--arch", "repeated_nets:network", "--epochs", 1],
        ["emc", "--width", 4, "--epochs", 1, "--draws", 2, "--max-samples", 40],
        ["regress", "rff", "--samples", 20, "--features", "5,40"],
    ],
)
def test_a_run_is_made_again_from_the_same_data_and_code_or_not_at_all(
    geomgen: Command, data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[object]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    code, data = tmp_path / "repeated_nets.py", tmp_path / "d.npz"
    code.write_text(
        "import math\nfrom torch import nn\n\n\ndef network(shape, classes):\n"
        "    maps = nn.Linear(math.prod(shape), 5), nn.Linear(5, classes)\n"
        "    return nn.Sequential(nn.Flatten(), maps[0], nn.ReLU(), maps[1])\n"
    )
    shutil.copy(data_file, data)
    to = ("--runs-dir", tmp_path / "runs", "-q")
    made = geomgen(*words, "--data", data, *to).stdout.strip()
    moved = data.rename(tmp_path / "moved.npz")
    lost = geomgen("rerun", made, *to)
    assert (lost.returncode, "Give its new path with --data PATH" in lost.said) == (3, True), lost.stderr
    found = geomgen("rerun", made, "--data", moved, *to)
    assert found.returncode == 0, found.stderr
    np.savez(data, **{name: value[::-1] for name, value in np.load(moved).items()})
    refused = geomgen("rerun", made, *to)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "d.npz has changed since" in refused.said
    shutil.copy(moved, data)
    code.write_text(code.read_text() + "\n")
    assert geomgen("rerun", made, *to).returncode == (3 if words[0] == "train" else 0)


def test_what_cannot_be_made_again_leaves_nothing(geomgen: Command, tmp_path: Path) -> None:
    unfinished = create_run(tmp_path, "train", "x", {}, {})
    for name, said in ((unfinished.id, unfinished.id), ("nothing", "'nothing'")):
        result = geomgen("rerun", name, "--runs-dir", tmp_path)
        assert (result.returncode, result.stdout) == (3, "")
        assert said in result.said
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == [unfinished.id]
