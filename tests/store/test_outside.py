"""Nothing is written into a run, but for its own figures."""

from pathlib import Path

import pytest

from geomgen.errors import UsageError
from geomgen.store.outside import require_outside_runs
from geomgen.store.run import create_run


def test_a_run_and_what_is_in_it_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = create_run(tmp_path / "runs", "train", "x", {}, {})
    (tmp_path / "link").symlink_to(run.path)
    monkeypatch.chdir(run.path)
    for folder in (run.path, run.path / "tables", Path(), Path("new/folder"), tmp_path / "link" / "new"):
        with pytest.raises(UsageError, match=f"--out .* is in the run {run.id}"):
            require_outside_runs(folder, "--out")
    for folder in (run.figures, run.figures / "new", run.runs_dir, tmp_path / "new"):
        require_outside_runs(folder, "--out")


def test_no_run_is_made_in_a_run(tmp_path: Path) -> None:
    run = create_run(tmp_path, "train", "x", {}, {})
    with pytest.raises(UsageError, match=r"--runs-dir .* is in the run"):
        create_run(run.path / "tables", "train", "x", {}, {})
    assert list((run.path / "tables").iterdir()) == []


def test_a_config_of_something_else_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"name": "my project"}')
    require_outside_runs(tmp_path / "runs", "--runs-dir")
