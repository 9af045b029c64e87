"""``geomgen sweep`` before and after its cells: what is planned, refused and told; and ``geomgen cell``."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geomgen.config.sweep import SweepConfig
from geomgen.experiments import sweep as experiment
from geomgen.experiments.sweep import Swept
from geomgen.report.collect import RunTables
from geomgen.report.find import find_report
from geomgen.store.run import create_run
from geomgen.sweep.job import Job, Outcome
from geomgen.sweep.library import shipped_recipes
from geomgen.sweep.observer import Observer
from geomgen.sweep.plan import Planned
from tests.conftest import Command
from tests.report.made_up_runs import RunMaker


@pytest.fixture
def recipe(data_file: Path, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(
        f'experiment = "train"\n[set]\nepochs = 1\ndata = "{data_file}"\n[grid]\nwidth = [8, 12]\n'
        '[report]\nnames = ["training"]\n'
    )
    return path


@pytest.fixture
def carried_out(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a sweep was asked to carry out; it starts no process and ends with `outcomes`."""
    asked: dict[str, Any] = {"outcomes": {0: Outcome("done"), 1: Outcome("done")}, "reports": {}, "notes": []}

    def sweep(
        recipes: list[Any],
        plan: list[Any],
        config: SweepConfig,
        runs_dir: Path,
        *,
        out: Path | None,
        observer: Observer,
    ) -> Swept:
        asked.update(recipes=recipes, plan=plan, config=config, out=out, observer=observer)
        run = create_run(runs_dir, "sweep", "x", {}, {})
        return Swept(run, asked["outcomes"], asked["reports"], asked["notes"])

    monkeypatch.setattr(experiment, "sweep", sweep)
    monkeypatch.setattr("geomgen.cli.sweep._start_server", lambda *_: None)
    return asked


def _planned(geomgen: Command, *words: object) -> list[dict[str, Any]]:
    result = geomgen("sweep", *words, "--dry-run", "--format", "json")
    assert result.returncode == 0, result.stderr
    lines: list[dict[str, Any]] = json.loads(result.stdout)
    return lines


def test_the_list_names_every_recipe_of_the_package(geomgen: Command) -> None:
    listed = json.loads(geomgen("sweep", "--list", "--format", "json").stdout)
    assert [line["recipe"] for line in listed] == list(shipped_recipes())
    assert all(line["about"].endswith(".") for line in listed)


def test_a_dry_run_lists_the_cells_and_writes_nothing(geomgen: Command, recipe: Path, tmp_path: Path) -> None:
    words = ["sweep", recipe, "--runs-dir", tmp_path / "runs", "--dry-run"]
    lines = _planned(geomgen, recipe, "--runs-dir", tmp_path / "runs")
    assert [(line["cell"], line["title"], line["status"], line["runs"]) for line in lines] == [
        (0, "train width=8", "missing", "yes"), (1, "train width=12", "missing", "yes"),
    ]  # fmt: skip
    shown = geomgen(*words)
    headings = shown.stdout.splitlines()
    assert any({"cell", "title", "status", "runs"} <= set(line.split()) for line in headings)
    assert not any("recipe" in line.split() for line in headings)
    assert "2 cells, 2 to run" in shown.said
    assert geomgen(*words, "-q").stderr == ""
    assert not (tmp_path / "runs").exists()


def test_what_is_odd_about_data_is_said_with_the_plan(
    geomgen: Command, recipe: Path, data_file: Path, tmp_path: Path
) -> None:
    with np.load(data_file) as arrays:
        np.savez(tmp_path / "odd.npz", **{**arrays, "y_train": arrays["y_train"] + 1})
    words = ["--grid", f"data={data_file},{tmp_path / 'odd.npz'}", "--runs-dir", tmp_path / "runs", "--dry-run"]
    (line, summary) = geomgen("sweep", recipe, *words).stderr.splitlines()
    assert line.startswith(f"--data {tmp_path / 'odd.npz'}: No training image has the label 0")
    assert summary.startswith("4 cells")


def test_options_are_fixed_and_grids_replaced(geomgen: Command, recipe: Path, tmp_path: Path) -> None:
    changes = ["--set", "epochs = 3", "--set", "batch-size=16", "--grid", "width=4,6", "--grid", "lr=0.1,1e-2"]
    lines = _planned(geomgen, recipe, *changes, "--runs-dir", tmp_path)
    assert [line["title"] for line in lines] == [
        f"train width={width} lr={lr}" for width in (4, 6) for lr in ("0.1", "0.01")
    ]


def test_cells_of_several_recipes_say_whose_they_are(geomgen: Command, recipe: Path, tmp_path: Path) -> None:
    other = recipe.with_name("other.toml")
    other.write_text(recipe.read_text().replace("[8, 12]", "[12, 16]"))
    words = ["sweep", recipe, other, "--runs-dir", tmp_path / "runs", "--dry-run"]
    assert "3 cells, 3 to run" in geomgen(*words).said
    assert "recipe" in geomgen(*words).stdout


@pytest.mark.parametrize(
    ("seconds", "told"), [(14.8, "about 30 s "), (1000, "about 33 min 20 s "), (1830.4, "about 1 h 1 min "), (None, "")]
)
def test_what_a_sweep_will_take_is_told(
    geomgen: Command, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float | None, told: str
) -> None:
    memories = (2**30, 5 * 2**29) if seconds else (None, None)

    def plan_sweep(*arguments: Any) -> list[Planned]:
        plan = experiment.plan_sweep(*arguments)
        return [replace(one, time_s=seconds, memory_bytes=memory) for one, memory in zip(plan, memories, strict=True)]

    monkeypatch.setattr("geomgen.cli.sweep._planned", plan_sweep)
    words = ["sweep", recipe, "--runs-dir", tmp_path, "--dry-run"]
    said = geomgen(*words).said
    assert told in said
    assert ("2.5 GiB" in said) is bool(seconds)
    (line, _) = json.loads(geomgen(*words, "--format", "json").stdout)
    assert (line["time_s"], line["memory_mib"]) == ((seconds, 1024) if seconds else (None, None))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "geomgen sweep --list"),
        (["quik"], "'quick'"),
        (["RECIPE", "--set", "epochs"], "'epochs'"),
        (["RECIPE", "--set", "=3"], "'=3'"),
        (["RECIPE", "--set", "epoch=3"], "'epochs'"),
        (["RECIPE", "--set", "epochs=0"], "--epochs 0"),
        (["RECIPE", "--grid", "width=8,0"], "--width 0"),
        (["RECIPE", "--format", "xml"], "--format 'xml'"),
        (["RECIPE", "--submit"], "--on slurm"),
        (["RECIPE", "-j", "0"], "--jobs 0"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_before_it_starts(
    geomgen: Command, recipe: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    named = [str(recipe) if word == "RECIPE" else word for word in words]
    result = geomgen("sweep", *named, "--runs-dir", tmp_path / "runs")
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    assert said in result.said
    assert not (tmp_path / "runs").exists()


def test_options_reach_the_sweep_and_its_run_is_the_last_line(
    geomgen: Command, recipe: Path, tmp_path: Path, carried_out: dict[str, Any]
) -> None:
    carried_out["notes"] = ["Told at the end."]
    words = ["--jobs", 3, "--retries", 0, "--fail-fast", "--no-reports", "--out", tmp_path / "out"]
    result = geomgen("sweep", recipe, *words, "--runs-dir", tmp_path / "runs")
    assert result.returncode == 0, result.stderr
    assert carried_out["config"] == SweepConfig(jobs=3, retries=0, fail_fast=True, reports=False)
    assert carried_out["out"] == tmp_path / "out"
    assert [one.cell.title for one in carried_out["plan"]] == ["train width=8", "train width=12"]
    assert result.said.endswith("Told at the end.")
    (run,) = (tmp_path / "runs").glob("*-sweep-*")
    assert result.stdout == f"{run}\n"


def test_the_first_report_of_a_recipe_is_printed(
    geomgen: Command, recipe: Path, tmp_path: Path, carried_out: dict[str, Any]
) -> None:
    made = RunMaker(tmp_path / "made")(epochs_done=1, width=8)
    carried_out["reports"] = {"training": find_report("training").build(RunTables([made]), compare=None)}
    result = geomgen("sweep", recipe, "--runs-dir", tmp_path / "runs", "--format", "csv")
    header, row, *_, last = result.stdout.splitlines()
    assert header.count(",") == row.count(",") > 1
    assert Path(last).parent == tmp_path / "runs"


def test_failed_cells_have_a_code_of_their_own(
    geomgen: Command, recipe: Path, tmp_path: Path, carried_out: dict[str, Any]
) -> None:
    carried_out["outcomes"] = {0: Outcome("done"), 1: Outcome("failed")}
    result = geomgen("sweep", recipe, "--runs-dir", tmp_path / "runs", "-q")
    assert result.returncode == 5
    assert "1 of 2 cells" in result.said
    assert "--table sweep" in result.said
    assert Path(result.stdout.strip()).is_dir()


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome("done", "/runs/x"), 0), (Outcome("interrupted", "/runs/x"), 130),
                          (Outcome("failed", "", "killed by SIGSEGV"), 5)],
)  # fmt: skip
def test_a_cell_of_an_array_prints_its_run_and_ends_with_its_code(
    geomgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, code: int
) -> None:
    def run_cell(index: Path, number: int, observer: Observer) -> Outcome:
        observer.said(number, f"line {number} of {index}")
        return outcome

    monkeypatch.setattr(experiment, "run_cell", run_cell)
    result = geomgen("cell", tmp_path / "cells.jsonl", 3)
    assert (result.returncode, result.stdout) == (code, f"{outcome.run}\n")
    assert f"line 3 of {tmp_path / 'cells.jsonl'}" in result.said
    assert outcome.reason in result.said


def test_a_cell_that_is_not_in_the_index_is_refused(geomgen: Command, tmp_path: Path) -> None:
    index = tmp_path / "cells.jsonl"
    index.write_text(f"{Job('cell', (('train',),), 1, 0, '').to_json()}\n")
    result = geomgen("cell", index, 7)
    assert (result.returncode, result.stdout) == (2, "")
    assert "7" in result.said
