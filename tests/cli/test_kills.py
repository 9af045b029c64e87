"""SIGKILL at random moments: nothing half written, and the same bits in the end."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from geomgen import open_run, runs
from geomgen.store.checkpoint import load_checkpoint
from geomgen.store.files import read_json
from geomgen.store.run import Run
from geomgen.store.table import read_table

SAVE_ALWAYS = (
    "from geomgen.experiments import train\ntrain.SHORTEST_SAVE_INTERVAL_S = 0\ntrain.LARGEST_SAVE_SHARE = 1e9\n"
    "from geomgen.cli.app import main\nmain()"
)
READERS = {".json": read_json, ".parquet": read_table, ".safetensors": load_checkpoint}


def _start(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SAVE_ALWAYS, *map(str, arguments), "--threads", "1", "-q"])


def _check_every_visible_file(run: Run) -> None:
    for path in run.path.rglob("[!.]*"):
        if path.suffix in READERS:
            READERS[path.suffix](path)


def _science(run: Run, table: str) -> pd.DataFrame:
    return run.table(table).drop(columns=["run_id", "wall_time_s"], errors="ignore")


@pytest.fixture(scope="module")
def undisturbed(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("whole")
    assert _start("train", "--data", data_file, "--width", 32, "--epochs", 30, "--runs-dir", folder).wait(60) == 0
    (run,) = runs(folder)
    assert _start("volume", run.path).wait(60) == 0
    return open_run(run.path)


@pytest.mark.parametrize("seed", range(5))
def test_a_killed_training_resumes_to_the_same_bits(undisturbed: Run, tmp_path: Path, seed: int) -> None:
    data = undisturbed.config["data"]
    process = _start("train", "--data", data, "--width", 32, "--epochs", 30, "--runs-dir", tmp_path)
    while process.poll() is None and not list(tmp_path.rglob("initial.safetensors")):
        time.sleep(0.002)
    time.sleep(random.Random(seed).uniform(0, 1.0))
    process.kill()
    process.wait()
    (run,) = runs(tmp_path)
    _check_every_visible_file(run)
    if run.status != "complete":
        assert run.status == "unfinished"
        assert _resume(run) == 0
    final, expected = run.checkpoint("final").tensors, undisturbed.checkpoint("final").tensors
    assert all(torch.equal(final[name], tensor) for name, tensor in expected.items())
    pd.testing.assert_frame_equal(_science(run, "training"), _science(undisturbed, "training"), check_exact=True)


def _resume(run: Run) -> int:
    return subprocess.run(
        [sys.executable, "-m", "geomgen", "train", "--resume", str(run.path), "-q"], check=False, timeout=60
    ).returncode


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_measurement_leaves_a_sound_run(undisturbed: Run, seed: int) -> None:
    expected = _science(undisturbed, "activation_volume")
    process = _start("volume", undisturbed.path)
    time.sleep(random.Random(seed).uniform(1.0, 2.5))
    process.kill()
    process.wait()
    run = open_run(undisturbed.path)
    _check_every_visible_file(run)
    assert run.status == "complete"
    pd.testing.assert_frame_equal(_science(run, "activation_volume"), expected, check_exact=True)
