"""Runs are named by words, or by lines on standard input."""

import io
import sys
from pathlib import Path

import pytest

from geomgen.cli.selection import selected_run, selected_runs
from geomgen.errors import UsageError
from geomgen.store.run import create_run


def _say(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_dash_stands_for_the_lines_of_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (create_run(tmp_path, "train", label, {}, {}) for label in "ab")
    _say(monkeypatch, f"  {first.path}", "", second.id)
    found = selected_runs(["latest", "-"], tmp_path)
    assert [run.id for run in found] == [second.id, first.id, second.id]


def test_one_run_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_run(tmp_path, "train", "a", {}, {})
    assert selected_run(made.id, tmp_path).id == made.id
    _say(monkeypatch, made.id, made.id)
    with pytest.raises(UsageError, match=r"Standard input names 2 runs\. Name one run only\."):
        selected_run("-", tmp_path)
    _say(monkeypatch)
    with pytest.raises(UsageError, match=r"No run was named on standard input\. Pipe in the output of: geomgen train"):
        selected_runs(["-"], tmp_path)
