"""Many processes at once in one folder."""

import shutil
from itertools import product
from pathlib import Path

from geomgen import open_run, runs
from geomgen.store.run import Run
from tests.faults.conftest import SMALL, Trials, assert_nothing_is_damaged, temporaries
from tests.faults.processes import start

PROCESSES = 8


def _all_at_once(commands: list[list[object]]) -> list[int | None]:
    started = [start(*command) for command in commands]
    for process in started:
        process.join()
    return [process.exitcode for process in started]


def test_eight_processes_start_runs_in_the_same_second(trials: Trials, trained: Run, tmp_path: Path) -> None:
    for number, _ in enumerate(trials(
        "eight processes start a run in the same folder at once (one trial a process)",
        "as many complete runs as processes, all sound",
        few=8, full=80, weight=PROCESSES,
    )):  # fmt: skip
        folder = tmp_path / str(number)
        words = ["train", "--data", trained.config["data"], "--width", 4, "--epochs", 1, "--runs-dir", folder]
        assert _all_at_once([words] * PROCESSES) == [0] * PROCESSES
        assert [run.status for run in runs(folder)] == ["complete"] * PROCESSES
        assert temporaries(folder) == []
        assert_nothing_is_damaged(folder)


def test_eight_processes_ask_for_the_same_run(trials: Trials, trained: Run, tmp_path: Path) -> None:
    for number, _ in enumerate(trials(
        "eight processes ask for the same run with `--reuse` at once (one trial a process)",
        "one complete run, made once",
        few=8, full=80, weight=PROCESSES,
    )):  # fmt: skip
        folder = tmp_path / str(number)
        words = ["train", *SMALL, "--data", trained.config["data"], "--reuse", "--runs-dir", folder]
        assert _all_at_once([words] * PROCESSES) == [0] * PROCESSES
        (run,) = runs(folder)
        assert run.status == "complete"
        assert (run.path / "log.txt").read_text().count("epoch 1/") == 1
        assert_nothing_is_damaged(folder)


def test_eight_processes_measure_the_same_run(trials: Trials, trained: Run, tmp_path: Path) -> None:
    for number, _ in enumerate(trials(
        "eight processes measure the same run at once (one trial a process)",
        "the rows of all are there, the run is sound",
        few=8, full=80, weight=PROCESSES,
    )):  # fmt: skip
        run = open_run(shutil.copytree(trained.path, tmp_path / str(number) / trained.id))
        asked = list(product(["initial", "final"], ["relative", "full", "floor", "ledoit-wolf"]))
        words = [["volume", run.path, "--state", state, "--rule", rule] for state, rule in asked]
        assert _all_at_once(words) == [0] * PROCESSES
        table = run.table("activation_volume")
        assert set(zip(table["state"], table["rule"], strict=True)) == set(asked)
        assert len(run.measures) == PROCESSES
        assert_nothing_is_damaged(run.path.parent)
