"""Commands that keep a folder of runs sound and small: what they print, remove, and end with."""

import json
from pathlib import Path

import pytest

from geomgen.store.run import create_run
from tests.conftest import Command


def test_verify_names_what_is_damaged_and_ends_with_its_code(geomgen: Command, run_dir: Path) -> None:
    arguments = ["verify", "--runs-dir", run_dir.parent, "--format", "json"]
    sound = geomgen(*arguments)
    assert sound.returncode == 0
    assert json.loads(sound.stdout) == [{"run_id": run_dir.name, "status": "complete", "problem": "", "file": ""}]
    assert sound.said.startswith("1 runs")
    (run_dir / "tables" / "training.parquet").write_bytes(b"")
    damaged = geomgen(*arguments, "-q")
    (row,) = json.loads(damaged.stdout)
    assert damaged.returncode == 3
    assert (row["status"], row["file"]) == ("damaged", "tables/training.parquet")
    assert "1 of 1 runs" in damaged.said
    assert run_dir.name in damaged.said


def test_verify_looks_at_all_runs_or_those_that_are_named(geomgen: Command, run_dir: Path) -> None:
    unfinished = create_run(run_dir.parent, "train", "x", {}, {})
    listed = ["--runs-dir", run_dir.parent, "--format", "json"]
    found = {row["run_id"]: row["status"] for row in json.loads(geomgen("verify", *listed).stdout)}
    assert found == {run_dir.name: "complete", unfinished.id: "unfinished"}
    (run_dir / "tables" / "training.parquet").unlink()
    assert geomgen("verify", *listed).returncode == 3
    named = geomgen("verify", "-", *listed, stdin=f"{unfinished.id}\n")
    assert (named.returncode, len(json.loads(named.stdout))) == (0, 1)


def test_verify_of_no_runs_finds_nothing(geomgen: Command, tmp_path: Path) -> None:
    result = geomgen("verify", "--runs-dir", tmp_path, "--format", "json")
    assert (result.returncode, json.loads(result.stdout)) == (0, [])


def test_gc_lists_with_dry_run_and_removes_without(geomgen: Command, run_dir: Path) -> None:
    left = run_dir / "tables" / ".training.parquet.0123abcd.partial"
    left.write_bytes(b"12345")
    arguments = ["gc", "--runs-dir", run_dir.parent, "--format", "json"]
    assert json.loads(geomgen(*arguments).stdout) == []
    for more in (["--dry-run"], []):
        (row,) = json.loads(geomgen(*arguments, "--older-than", 0, *more).stdout)
        assert (row["path"], row["kind"]) == (str(left.relative_to(run_dir.parent)), "temporary")
        assert row["size_bytes"] == 5
        assert left.exists() is bool(more)
    assert geomgen("verify", run_dir).returncode == 0


@pytest.mark.parametrize("dry_run", [True, False])
def test_gc_removes_whole_runs_only_if_told_to(geomgen: Command, run_dir: Path, dry_run: bool) -> None:
    unfinished = create_run(run_dir.parent, "train", "x", {}, {})
    (unfinished.path / "big").write_bytes(bytes(2_000_000))
    arguments = ["gc", "--runs-dir", run_dir.parent, "--older-than", 0, "--format", "json"]
    assert json.loads(geomgen(*arguments).stdout) == []
    result = geomgen(*arguments, "--interrupted", *(["--dry-run"] if dry_run else []))
    (row,) = json.loads(result.stdout)
    assert row["path"] == unfinished.id
    assert "2.0 MB" in result.said
    assert unfinished.path.exists() is dry_run
    assert run_dir.exists()
    assert geomgen(*arguments, "-q").stderr == ""


@pytest.mark.parametrize("command", ["verify", "gc"])
def test_an_unknown_format_is_refused_before_anything_is_done(geomgen: Command, run_dir: Path, command: str) -> None:
    left = run_dir / ".x.0123abcd.partial"
    left.write_bytes(b"1")
    result = geomgen(command, "--runs-dir", run_dir.parent, "--format", "xml")
    assert (result.returncode, "--format 'xml'" in result.said, left.exists()) == (2, True, True)
