"""SIGKILL at random moments: nothing half written, and the same bits in the end."""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pandas as pd
import pytest
import torch

from geomgen import open_run, runs
from geomgen.store.leftovers import leftovers, remove
from geomgen.store.run import Run
from tests.faults.conftest import SMALL, Trials, assert_nothing_is_damaged, temporaries
from tests.faults.processes import duration_s, kill_at_random, run_to_the_end

RECIPE = """
name = "faults"
experiment = "train"
[set]
epochs = 1
data = "{data}"
[grid]
width = [4, 8]
[then]
volume = {{}}
"""


def _science(run: Run, table: str) -> pd.DataFrame:
    return run.table(table).drop(columns=["run_id", "wall_time_s"], errors="ignore")


def _assert_same_training(run: Run, expected: Run) -> None:
    for state in ("initial", "final"):
        found, wanted = (one.checkpoint(state).tensors for one in (run, expected))
        assert all(torch.equal(found[name], tensor) for name, tensor in wanted.items())
    pd.testing.assert_frame_equal(_science(run, "training"), _science(expected, "training"), check_exact=True)


def _clear_away(folder: Path) -> None:
    remove(folder, leftovers(folder, oldest_change_s=0))
    assert temporaries(folder) == []


def test_a_killed_training(trials: Trials, trained: Run, tmp_path: Path) -> None:
    words = ["train", *SMALL, "--data", trained.config["data"], "--runs-dir"]
    within_s = duration_s(*words, tmp_path / "timed")
    for number, source in enumerate(trials(
        "SIGKILL at a random moment of `train`, and of half of the resumptions",
        "no visible file is partial, `verify` finds only unfinished runs, `--resume` ends with the same bits",
        few=10, full=100,
    )):  # fmt: skip
        folder = tmp_path / str(number)
        kill_at_random(source, within_s, *words, folder)
        assert_nothing_is_damaged(folder)
        for run in runs(folder):
            if run.status != "complete" and source.random() < 0.5:
                kill_at_random(source, within_s, "train", "--resume", run.path)
                assert_nothing_is_damaged(folder)
            if run.status != "complete":
                assert run.status == "unfinished"
                run_to_the_end("train", "--resume", run.path)
            _assert_same_training(open_run(run.path), trained)
        _clear_away(folder)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_killed_measurement(trials: Trials, trained: Run, tmp_path: Path) -> None:
    expected = Path(shutil.copytree(trained.path, tmp_path / "whole" / trained.id))
    within_s = duration_s("volume", expected)
    wanted = _science(open_run(expected), "activation_volume")
    for number, source in enumerate(trials(
        "SIGKILL at a random moment of `volume`",
        "the run stays complete, its table is absent or whole, measuring again gives the same bits",
        few=5, full=100,
    )):  # fmt: skip
        run = open_run(shutil.copytree(trained.path, tmp_path / str(number) / trained.id))
        kill_at_random(source, within_s, "volume", run.path)
        assert run.status == "complete"
        assert_nothing_is_damaged(run.path.parent)
        if "activation_volume" in run.tables:
            pd.testing.assert_frame_equal(_science(run, "activation_volume"), wanted, check_exact=True)
        run_to_the_end("volume", run.path)
        pd.testing.assert_frame_equal(_science(run, "activation_volume"), wanted, check_exact=True)
        _clear_away(run.path.parent)
        shutil.rmtree(run.path.parent)


def _sweep(recipe: Path, folder: Path) -> subprocess.Popen[bytes]:
    words = ["sweep", str(recipe), "--runs-dir", str(folder), "-q"]
    return subprocess.Popen(
        [sys.executable, "-m", "geomgen", *words], stdout=subprocess.DEVNULL, start_new_session=True
    )


def _cells(folder: Path) -> dict[int, Run]:
    trainings = [run for run in runs(folder) if run.experiment == "train"]
    assert len({run.config["width"] for run in trainings}) == len(trainings)
    return {run.config["width"]: run for run in trainings}


@pytest.mark.usefixtures("in_full")
def test_a_killed_sweep(trials: Trials, data_file: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.format(data=data_file))
    began = time.monotonic()
    assert _sweep(recipe, tmp_path / "whole").wait() == 0
    within_s = time.monotonic() - began
    for number, source in enumerate(trials(
        "SIGKILL at a random moment of `sweep`",
        "the same command ends with every cell complete, once, and with the same bits",
        few=0, full=100,
    )):  # fmt: skip
        folder = tmp_path / str(number)
        _kill(_sweep(recipe, folder), source, within_s)
        assert_nothing_is_damaged(folder)
        assert _sweep(recipe, folder).wait() == 0
        assert_nothing_is_damaged(folder)
        for width, expected in _cells(tmp_path / "whole").items():
            run = _cells(folder)[width]
            _assert_same_training(run, expected)
            found, wanted = (_science(one, "activation_volume") for one in (run, expected))
            pd.testing.assert_frame_equal(found, wanted, check_exact=True)


def _kill(process: subprocess.Popen[bytes], source: Random, within_s: float) -> None:
    time.sleep(source.uniform(0, within_s))
    process.kill()
    process.wait()
