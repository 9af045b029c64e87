"""``sweep`` as a whole, with real cells: what it makes, what it does not do again, and what it goes on with."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from importlib import import_module
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pandas as pd
import pytest
import torch

from geomgen import open_run, runs
from geomgen.config.sweep import SweepConfig
from geomgen.config.train import TrainConfig
from geomgen.experiments.load_run import shared_skeleton
from geomgen.experiments.sweep import plan_sweep
from geomgen.experiments.train import train
from geomgen.store.run import Run, create_run
from tests.conftest import Command, random_dataset, save_dataset
from tests.processes import NOWHERE, start
from tests.sweep.made_up_recipe import recipe

pytestmark = pytest.mark.slow
MEASURES = ("volume", "probe-activations")
VARYING = ["run_id", "wall_time_s"]
STEP_S = 0.02
TIMEOUT_S = 120
SECONDS_OF_EPOCHS = 300
ENOUGH_FOR_THREADS = 1024
WAIT_ASLEEP = {"OMP_WAIT_POLICY": "passive"}
"""Threads that have nothing to do leave the core to those that have, of which there are more than cores."""
BY_HAND = """
import json, sys
from geomgen.cli.app import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["geomgen", *words]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
"""


@pytest.fixture(scope="module")
def recipe_file(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(
        f'experiment = "train"\n[set]\nepochs = 1\nbatch-size = 16\ndata = "{data_file}"\n[grid]\nwidth = [8, 12]\n'
        '[report]\nnames = ["training"]\n'
    )
    return path


@pytest.fixture(scope="module")
def undisturbed(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of the same cells, trained without a sweep."""
    folder = tmp_path_factory.mktemp("undisturbed")
    for width in (8, 12):
        train(TrainConfig(data=str(data_file), width=width, epochs=1, batch_size=16, threads=1), folder)
    return folder


def _start(recipe: Path, runs_dir: Path, *options: object, errors: Path = NOWHERE) -> ForkServerProcess:
    words = ("sweep", recipe, "--runs-dir", runs_dir, "--no-reports", *options)
    return start(*words, environment={"GEOMGEN_EPOCHS": "7", **WAIT_ASLEEP}, errors=errors)


def _ended(process: ForkServerProcess) -> int | None:
    """Wait for a process and return its exit code; None if it takes too long."""
    process.join(TIMEOUT_S)
    return process.exitcode


def _trained(folder: Path) -> list[Run]:
    return [run for run in runs(folder) if run.experiment == "train"]


def _assert_same_tables(found: Run, expected: Run) -> None:
    """Every bit but wall times."""
    assert found.tables == expected.tables
    for name in expected.tables:
        left, right = (run.table(name).drop(columns=VARYING, errors="ignore") for run in (found, expected))
        pd.testing.assert_frame_equal(left, right, check_exact=True)


def _children(pid: int) -> list[int]:
    stats = [path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists()]
    # The name in brackets may hold blanks.
    fields = [(stat.partition(" ")[0], stat.rpartition(")")[2].split()) for stat in stats]
    return [int(number) for number, (_state, parent, *_) in fields if int(parent) == pid]


def _wait_for(folder: Path, pattern: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not list(folder.glob(pattern)) and time.monotonic() < deadline:
        time.sleep(STEP_S)


def _assert_same_science(folder: Path, expected: Path) -> None:
    """Every cell is there once, complete, with the bits of an undisturbed training."""
    found = {run.config["width"]: run for run in _trained(folder)}
    assert len(found) == len(_trained(folder)) == 2
    for other in _trained(expected):
        run = found[other.config["width"]]
        assert run.status == "complete"
        _assert_same_network(run, other)


def _assert_same_network(found: Run, expected: Run) -> None:
    final, right = found.checkpoint("final").tensors, expected.checkpoint("final").tensors
    assert all(torch.equal(final[name], tensor) for name, tensor in right.items())


def test_a_sweep_runs_its_cells_once_and_reports(geomgen: Command, recipe_file: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "measured.toml"
    recipe.write_text(recipe_file.read_text() + '[then]\nvolume = { condition = ["data"] }\n')
    arguments = ["sweep", recipe, "--grid", "width=8", "--runs-dir", tmp_path / "runs"]
    (planned,) = json.loads(geomgen(*arguments, "--dry-run", "--format", "json").stdout)
    assert (planned["experiment"], planned["status"], planned["runs"]) == ("train", "missing", "yes")
    assert planned["time_s"] > 0
    assert planned["memory_mib"] > 0
    assert not (tmp_path / "runs").exists()

    first = geomgen(*arguments, "-j", 2, GEOMGEN_EPOCHS="7")
    assert first.returncode == 0, first.stderr
    assert "train width=8: done after" in first.said
    sweep = open_run(first.stdout.splitlines()[-1])
    frame = sweep.table("sweep")
    assert (sweep.status, list(frame["status"]), len(list((sweep.path / "cells").iterdir()))) == (
        "complete",
        ["done"],
        1,
    )
    made = open_run(tmp_path / "runs" / frame["cell_run_id"][0])
    assert (made.config["width"], made.config["epochs"], made.tables) == (8, 1, ["activation_volume", "training"])
    assert (sweep.path / "figures" / "training.pdf").exists()

    bare = geomgen(*arguments, "--no-reports")
    assert (bare.returncode, len(bare.stdout.splitlines())) == (0, 1)
    assert not (open_run(bare.stdout.strip()).path / "figures").exists()

    again = geomgen(*arguments, "--out", tmp_path / "out")
    assert again.returncode == 0, again.stderr
    assert "1 cell, 0 to run" in again.said
    assert len(_trained(tmp_path / "runs")) == 1
    assert (tmp_path / "out" / "training.csv").exists()
    assert "made again with: geomgen sweep RECIPE --only all" in geomgen("rerun", sweep.path).said


def test_two_sweeps_of_a_recipe_at_once_share_the_work(recipe_file: Path, undisturbed: Path, tmp_path: Path) -> None:
    both = [_start(recipe_file, tmp_path) for _ in range(2)]
    assert [_ended(process) for process in both] == [0, 0]
    _assert_same_science(tmp_path, undisturbed)


@pytest.mark.parametrize("seed", range(1))
def test_a_killed_sweep_takes_its_cells_with_it_and_goes_on(
    geomgen: Command, recipe_file: Path, undisturbed: Path, tmp_path: Path, seed: int
) -> None:
    process = _start(recipe_file, tmp_path)
    _wait_for(tmp_path, "*-train-*/log.txt")
    time.sleep(random.Random(seed).uniform(0, 0.1))
    process.kill()
    assert _ended(process) in {0, -signal.SIGKILL}, "it may be faster"
    result = geomgen("sweep", recipe_file, "--runs-dir", tmp_path, "--no-reports")
    assert result.returncode == 0, result.stderr
    _assert_same_science(tmp_path, undisturbed)


def test_a_killed_worker_is_taken_up_again_and_the_others_see_no_difference(recipe_file: Path, tmp_path: Path) -> None:
    folder, expected = tmp_path / "runs", tmp_path / "undisturbed"
    sweep = _start(recipe_file, folder, "-j", 2, "--set", f"epochs={SECONDS_OF_EPOCHS}")
    deadline = time.monotonic() + TIMEOUT_S
    while sum("epoch" in log.read_text() for log in folder.glob("[!.]*-train-*/log.txt")) < 2:
        assert time.monotonic() < deadline
        time.sleep(STEP_S)
    (server,) = _children(sweep.pid or 0)
    first, _second = _children(server)
    os.kill(first, signal.SIGKILL)
    assert _ended(sweep) == 0
    (made,) = (run for run in runs(folder) if run.experiment == "sweep")
    frame = made.table("sweep")
    assert (list(frame["status"]), sorted(frame["tries"])) == (["done", "done"], [1, 2])
    for run in _trained(folder):
        train(TrainConfig(**run.config), expected)
    _assert_same_science(folder, expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_cell_has_the_bits_that_its_commands_have_by_hand(tmp_path: Path, threads: int) -> None:
    recipe, data = tmp_path / "measured.toml", tmp_path / "wide.npz"
    save_dataset(random_dataset(num_test=ENOUGH_FOR_THREADS), data)
    options = {"width": 64, "epochs": 1, "data": data}
    settings = [f"set.{name} = {json.dumps(value, default=str)}" for name, value in options.items()]
    settings += [f"resources.threads = {threads}", *(f"then.{name} = {{}}" for name in MEASURES)]
    recipe.write_text("\n".join(settings))
    assert _ended(_start(recipe, tmp_path / "sweep")) == 0
    (swept,) = _trained(tmp_path / "sweep")
    common = [f"--threads={swept.config['threads']}", f"--runs-dir={tmp_path / 'hand'}"]
    train_words = ["train", *(f"--{name}={value}" for name, value in options.items()), *common]
    _by_hand(train_words, *([measure, "latest", *common] for measure in MEASURES))
    (expected,) = _trained(tmp_path / "hand")
    _assert_same_network(swept, expected)
    _assert_same_tables(swept, expected)


def test_a_plan_of_thousands_of_cells_builds_each_network_and_lists_the_folder_once(
    data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def count(module: str, name: str) -> None:
        known = getattr(import_module(module), name)

        def counted(*given: object) -> object:
            calls.append(f"{module}.{name}")
            return known(*given)

        monkeypatch.setattr(f"{module}.{name}", counted)

    made = recipe(data_file, grid={"width": [8, 12], "seed": list(range(1500))}, report={"names": ["training"]})
    facts = {"data_sha256": random_dataset().sha256}
    for seed in range(20):
        config = TrainConfig(data=str(data_file), width=8, seed=seed, epochs=1, batch_size=64)
        filled = config.resolved(device="cpu", threads=1).to_mapping()
        create_run(tmp_path, "train", "x", filled, facts).finish("complete")
    shared_skeleton.cache_clear()
    count("geomgen.models.build", "_network")
    for module in ("geomgen.store.reuse", "geomgen.store.catalog"):
        count(module, "names")
    plan = plan_sweep([made], SweepConfig(), tmp_path)
    assert [one.standing.status for one in plan].count("not measured") == 20
    assert (len(plan), len({one.cell.identity for one in plan})) == (3000, 3000)
    assert len({(one.time_s, one.memory_bytes) for one in plan}) == 2
    assert sorted(calls) == [
        *["geomgen.models.build._network"] * 3,
        "geomgen.store.catalog.names",
    ]  # one is of the earlier runs


def _by_hand(*commands: list[str]) -> None:
    """Run commands in one new process, which no other was forked into."""
    words, environment = [sys.executable, "-c", BY_HAND, json.dumps(commands)], {**os.environ, **WAIT_ASLEEP}
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, env=environment)


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_save_the_cells_and_the_same_command_goes_on(
    geomgen: Command, recipe_file: Path, tmp_path: Path, which: signal.Signals
) -> None:
    folder, errors = tmp_path / "runs", tmp_path / "errors.txt"
    process = _start(recipe_file, folder, "--set", "epochs=100000", errors=errors)
    _wait_for(folder, "*-train-*/log.txt")
    os.kill(process.pid or 0, which)
    assert _ended(process) == 130
    assert "The sweep stopped after 0 of 2 cells" in " ".join(errors.read_text().replace("│", " ").split())
    assert {(run.experiment, run.status) for run in runs(folder)} == {
        ("sweep", "interrupted"), ("train", "interrupted"),
    }  # fmt: skip
    listed = geomgen(
        "sweep", recipe_file, "--runs-dir", folder, "--set", "epochs=100000", "--dry-run", "--format", "json"
    )
    assert sorted(line["status"] for line in json.loads(listed.stdout)) == ["interrupted", "missing"]


def test_a_sweep_with_a_failed_cell_says_which_and_why(geomgen: Command, recipe_file: Path, tmp_path: Path) -> None:
    arguments = ["sweep", recipe_file, "--runs-dir", tmp_path, "--grid", "width=8", "--set", "lr=1e30"]
    result = geomgen(*arguments)
    assert result.returncode == 5, result.stderr
    assert "1 of 1 cells failed." in result.said
    assert "Report training was not made" in result.said
    sweep = open_run(result.stdout.splitlines()[-1])
    frame = sweep.table("sweep")
    assert (sweep.status, list(frame["status"])) == ("failed", ["failed"])
    assert "Training diverged" in frame["reason"][0]
    for only, runs_again in (("missing", "yes"), ("failed", "yes")):
        (line,) = json.loads(geomgen(*arguments, "--only", only, "--dry-run", "--format", "json").stdout)
        assert (line["status"], line["runs"]) == ("failed", runs_again)


def test_slurm_runs_the_cells_as_an_array(
    geomgen: Command, recipe_file: Path, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{_stand_in_sbatch(tmp_path / 'bin')}:{os.environ['PATH']}")
    result = geomgen("sweep", recipe_file, "--runs-dir", tmp_path / "runs", "--on", "slurm", "-j", 1, "--submit")
    assert result.returncode == 0, result.stderr
    assert "Submitted batch job 1" in result.said
    sweep = open_run(result.stdout.splitlines()[-1])
    assert list(sweep.table("sweep")["status"]) == ["submitted", "submitted"]
    script = (sweep.path / "slurm" / "array-0.sh").read_text()
    assert "#SBATCH --array=0-1%1\n" in script
    assert "#SBATCH --cpus-per-task=1\n" in script
    assert "#SBATCH --signal=B:USR1@120\n" in script
    assert len(list((tmp_path / "runs" / "slurm" / sweep.id).glob("*.txt"))) == 2
    _assert_same_science(tmp_path / "runs", undisturbed)


def test_a_task_of_an_array_saves_itself_when_its_time_is_up(
    geomgen: Command, recipe_file: Path, tmp_path: Path
) -> None:
    result = geomgen("sweep", recipe_file, "--runs-dir", tmp_path, "--set", "epochs=100000", "--on", "slurm")
    script = Path(result.stdout.splitlines()[-1]) / "slurm" / "array-0.sh"
    assert f"Submit it with: sbatch {script}" in result.said
    process = subprocess.Popen(["bash", script], env={**os.environ, "SLURM_ARRAY_TASK_ID": "0"})
    _wait_for(tmp_path, "*-train-*/log.txt")
    process.send_signal(signal.SIGUSR1)
    assert process.wait(TIMEOUT_S) == 130
    assert [run.status for run in _trained(tmp_path)] == ["interrupted"]


def _stand_in_sbatch(folder: Path) -> Path:
    """Make an ``sbatch`` that runs the tasks of an array here, one after the other, and return its folder."""
    folder.mkdir()
    path = folder / "sbatch"
    path.write_text(
        "#!/bin/bash\nset -e\n"
        "last=$(sed -nE 's/^#SBATCH --array=0-([0-9]+).*/\\1/p' \"$1\")\n"
        "output=$(sed -nE 's/^#SBATCH --output=(.*)/\\1/p' \"$1\")\n"
        'for task in $(seq 0 "$last"); do\n'
        '    SLURM_ARRAY_TASK_ID=$task bash "$1" >> "${output/\\%a/$task}" 2>&1\n'
        "done\necho Submitted batch job 1\n"
    )
    path.chmod(0o755)
    return folder
