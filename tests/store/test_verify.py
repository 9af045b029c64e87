"""What verify says of a run that is sound, unfinished, or damaged in one file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from geomgen import open_run
from geomgen.store.run import Run
from geomgen.store.verify import Finding, verify
from tests.report.made_up_runs import RunMaker


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = RunMaker(tmp_path)(epochs_done=2, status="unfinished", width=4)
    made.log("epoch 1")
    made.finish("complete")
    return made


def _found(run: Run) -> list[Finding]:
    return verify([open_run(run.path)], progress=lambda _done, _total, _run: None)


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more\n")


def test_a_sound_run_has_one_finding_without_a_problem(run: Run) -> None:
    assert _found(run) == [Finding(run.id, "complete")]


@pytest.mark.parametrize(
    ("file", "change", "status", "problem"),
    [
        ("tables/training.parquet", _append, "damaged", "damaged: its content does not match the run's manifest"),
        ("tables/training.parquet", Path.unlink, "damaged", "missing"),
        ("tables/other.parquet", Path.touch, "damaged", "unlisted: the manifest does not list it"),
        ("config.json", _append, "damaged", "damaged: its content does not match the run's manifest"),
        ("config.json", Path.unlink, "damaged", "missing"),
        ("environment.json", Path.unlink, "damaged", "missing"),
        ("manifest.json", _append, "damaged", "damaged: it is not JSON"),
        ("notes.txt", Path.touch, "complete", "unlisted: the manifest does not list it"),
        ("log.txt", _append, "complete", "unlisted: lines were added after the run had finished"),
        ("log.txt", lambda path: path.write_text("else\n"), "damaged", "damaged: its content does not match"),
        (".training.parquet.0123.partial", Path.touch, "complete", ""),
    ],
)
def test_the_file_and_its_problem_are_named(
    run: Run, file: str, change: Callable[[Path], object], status: str, problem: str
) -> None:
    change(run.path / file)
    (found,) = _found(run)
    assert (found.run_id, found.status) == (run.id, status)
    assert found.problem.startswith(problem)
    assert found.file == (file if problem else "")


def test_a_manifest_that_is_gone_leaves_an_unfinished_run(run: Run) -> None:
    (run.path / "manifest.json").unlink()
    assert _found(run) == [Finding(run.id, "unfinished", "unfinished: it has no manifest")]
    _append(run.path / "tables/training.parquet")
    unfinished, damaged = _found(run)
    assert (unfinished.status, damaged.status, damaged.file) == ("damaged", "damaged", "tables/training.parquet")


def test_an_interrupted_run_says_why(run: Run) -> None:
    run.finish("interrupted", "stopped at step 3")
    assert _found(run) == [Finding(run.id, "interrupted", "unfinished: stopped at step 3")]


def test_every_file_counts_towards_the_progress(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.store.verify.MB", 1)
    told: list[tuple[int, int]] = []
    verify([run], progress=lambda done, total, _run: told.append((done, total)))
    size = sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file())
    assert told[-1] == (size, size)
    assert sorted(told) == told


def test_a_manifest_that_names_a_file_outside_its_run_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("secret")
    run.finish("complete")
    manifest = run.manifest
    assert manifest
    for name in ("../outside", str(tmp_path / "outside")):
        type(manifest)("complete", files={name: {"size": 6, "sha256": ""}}).write(run.path)
        (found,) = _found(run)
        assert found.file == "manifest.json"
        assert "is outside the run" in found.problem


def test_a_config_that_was_changed_before_the_run_ended_is_damaged(run: Run) -> None:
    (run.path / "manifest.json").unlink()
    path = run.path / "config.json"
    content = json.loads(path.read_text())
    content["config"]["seed"] = 1
    path.write_text(json.dumps(content))
    assert "does not match its own SHA-256" in _found(run)[1].problem
