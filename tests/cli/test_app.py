"""Where errors become panels and exit codes, and the options that stand before a command."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from geomgen.cli.app import app, main
from geomgen.config.registry import EXPERIMENTS
from geomgen.errors import DataError, DivergedError, InterruptedRunError, UsageError
from tests.conftest import Command

LISTING = "geomgen.experiments.listing.listing"


def _breaks(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def broken(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(LISTING, broken)


@pytest.mark.parametrize(
    ("error", "code", "title", "words"),
    [
        (UsageError("Too wide.", "Less."), 2, "Usage", ["Too wide. Less."]),
        (DataError("Torn.", "Copy."), 3, "Bad data", ["Torn. Copy."]),
        (DivergedError("nan.", "Less."), 3, "Training diverged", ["nan. Less."]),
        (InterruptedRunError("Stopped.", "On."), 130, "Interrupted", ["Stopped. On."]),
        (PermissionError(13, "Permission denied", "/x"), 4, "Disk", ["/x: Permission denied."]),
        (OSError("no number"), 1, "A bug in geomgen", ["OSError: no number", "geomgen --debug"]),
        (RuntimeError("a screw is loose"), 1, "A bug in geomgen", ["RuntimeError: a screw is loose"]),
    ],
)
def test_an_error_is_one_panel_and_the_code_of_its_kind(
    geomgen: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, title: str, words: list[str]
) -> None:
    _breaks(monkeypatch, error)
    result = geomgen("ls")
    assert (result.returncode, result.stdout) == (code, "")
    assert result.stderr.startswith(f"╭─ {title} ─")
    assert all(some in result.said for some in words)
    assert "Traceback" not in result.stderr


def test_ctrl_c_has_its_code_and_nothing_to_say(geomgen: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    _breaks(monkeypatch, KeyboardInterrupt())
    assert geomgen("ls") == (130, "", "", "")


def test_an_unreadable_command_line_names_the_help_of_its_command(geomgen: Command) -> None:
    for words, command in ((["nonsense"], "geomgen"), (["train", "--widht", 8], "geomgen train")):
        result = geomgen(*words)
        assert (result.returncode, result.stdout) == (2, "")
        assert f"{command} --help" in result.said


@pytest.mark.parametrize("error", [DataError("Torn.", "Copy."), RuntimeError("a screw is loose")])
def test_debug_lets_the_error_through(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    _breaks(monkeypatch, error)
    monkeypatch.setattr(sys, "argv", ["geomgen", "--debug", "ls"])
    with pytest.raises(type(error), match=r"^(Torn|a screw)"):
        main()


def test_a_reader_that_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "geomgen", "ls", "--help"]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_the_version_is_that_of_the_package(geomgen: Command) -> None:
    assert geomgen("--version") == (0, f"geomgen {version('geomgen')}\n", "", "")


def test_every_command_that_is_not_hidden_stands_in_the_help(geomgen: Command) -> None:
    told = geomgen("-h")
    assert told.returncode == 0
    named = {line.split()[0] for line in told.stdout.splitlines() if line.startswith("  ") and line.strip()}
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    shown = {name for name, command in root.commands.items() if not command.hidden}
    assert {*EXPERIMENTS, "regress", "sweep", "ls", "gc"} - set(root.commands) == {
        name for name in EXPERIMENTS if name.startswith(("regress ", "volume --space "))
    }
    assert shown <= named
    assert set(root.commands) - shown == {"cell"}
    assert "cell" not in named


def test_the_command_line_asks_torch_for_large_pages(geomgen: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THP_MEM_ALLOC_ENABLE", raising=False)
    geomgen("--version")
    assert os.environ["THP_MEM_ALLOC_ENABLE"] == "1"
    geomgen("--version", THP_MEM_ALLOC_ENABLE="0")
    assert os.environ["THP_MEM_ALLOC_ENABLE"] == "0"


def test_a_folder_of_runs_may_come_from_the_environment(geomgen: Command, run_dir: Path) -> None:
    assert run_dir.name in geomgen("ls", GEOMGEN_RUNS_DIR=str(run_dir.parent)).stdout
