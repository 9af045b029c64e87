"""The commands as a user types them: output, exit codes, and what stands on which stream."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geomgen import open_run, runs
from tests.conftest import Command

HELP = """
import contextlib, io, json, sys
from geomgen.cli.app import main
for command in sys.argv[1:]:
    sys.argv = ["geomgen", *command.split(), "--help"]
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as told:
        main()
    heavy = [name for name in ("torch", "pandas", "numpy", "pyarrow", "matplotlib") if name in sys.modules]
    print(json.dumps({"command": command, "heavy": heavy, "help": told.getvalue()}))
"""
SUBCOMMANDS = [
    "",
    "train",
    "regress",
    "sweep",
    "rerun",
    "volume",
    "probe-activations",
    "jacobian",
    "report",
    "ls",
    "show",
    "explain",
    "archive",
    "verify",
    "compare",
    "gc",
]


def test_help_is_complete_and_imports_nothing_heavy() -> None:
    ended = subprocess.run([sys.executable, "-c", HELP, *SUBCOMMANDS], capture_output=True, text=True, check=True)
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(one["command"], one["heavy"]) for one in told] == [(command, []) for command in SUBCOMMANDS]
    for command, one in zip(SUBCOMMANDS, told, strict=True):
        assert all(word in one["help"] for word in ([command] if command else SUBCOMMANDS))


def test_last_line_of_stdout_is_the_run_directory(geomgen: Command, data_file: Path, tmp_path: Path) -> None:
    made = geomgen("train", "--data", data_file, "--width", 8, "--epochs", 1, "--runs-dir", tmp_path / "folder")
    assert made.returncode == 0, made.stderr
    path = Path(made.stdout.splitlines()[-1])
    measured = geomgen("volume", path)
    assert (measured.returncode, measured.stdout.splitlines()[-1]) == (0, str(path))
    assert open_run(path).tables == ["activation_volume", "training"]


def test_commands_compose_through_standard_input(geomgen: Command, run_dir: Path) -> None:
    listing = f"{run_dir}\n"
    result = geomgen("volume", "-", "-q", stdin=listing)
    assert (result.returncode, result.stdout, result.stderr) == (0, listing, "")
    assert geomgen("show", "latest", "--runs-dir", run_dir.parent).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train", "--width", "0"], 2, "--width 0 is too small. It must be at least 1."),
        (["train", "--width", "-5"], 2, "--width -5 is too small."),
        (["train", "--label-noise", "1.5"], 2, "--label-noise 1.5 is too large. It must be at most 1."),
        (["train", "--label-noise", "nan"], 2, "--label-noise nan is not a finite number."),
        (["train", "--lr", "0"], 2, "--lr 0.0 is too small. It must be above 0."),
        (["train", "--width", "2000000"], 2, "GiB of memory"),
        (["train", "--arch", "lenet"], 2, "--arch 'lenet' is not known. Did you mean 'lenet5'?"),
        (["train", "--momentum", "0.9"], 2, "--momentum 0.9 does not apply to --optimizer adamw."),
        (["train", "--widht", "8"], 2, "No such option: --widht"),
        (["train", "--width", "wide"], 2, "--width"),
        (["train", "--device", "cuda"], 2, "--device cuda is not available here."),
        (["train", "--data", "mnits"], 3, "mnits"),
        (["volume", "nothing"], 3, "There is no run 'nothing'"),
        (["volume", "latest"], 3, "There is no run 'latest'"),
        (["volume", "../../etc"], 3, "is not a run"),
        (["volume", "x", "--condition", "control"], 2, "--condition 'control' is not known."),
        (["volume", "x", "--rule", ""], 2, "--rule '' is not a list of words."),
        (["show", "nothing"], 3, "There is no run 'nothing'"),
        (["rerun", "nothing"], 3, "There is no run 'nothing'"),
        (["report", "nothing"], 2, "There is no report 'nothing'."),
        (["report"], 2, "No report was named."),
        (["report", "width-logdet"], 3, "activation_volume"),
        (["compare", "nothing"], 3, "There is no run 'nothing'"),
        (["ls", "--where", "f(1)"], 2, "--where: a call is not a name"),
        (["ls", "--where", "widht > 1"], 2, "no run has an option or column 'widht'. Did you mean 'width'?"),
        (["explain", "nothing at all"], 2, "Nothing is called 'nothing at all'."),
        (["gc", "--older-than", "-1"], 2, "--older-than"),
        (["ls", "--format", "xml"], 2, "--format 'xml' is not known."),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_bad_input_gets_one_panel_and_its_code(
    geomgen: Command, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    folder = [] if arguments[0] in {"nonsense", "explain"} else ["--runs-dir", tmp_path / "runs"]
    result = geomgen(*arguments, *folder)
    assert result.returncode == code, result.stderr
    assert words in result.said
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "runs").exists()


def test_a_runs_dir_that_is_a_file_is_a_disk_error(geomgen: Command, data_file: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("not a folder")
    result = geomgen("train", "--data", data_file, "--width", 4, "--runs-dir", tmp_path / "runs")
    assert result.returncode == 4
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_a_disk_error(geomgen: Command, data_file: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir(mode=0o500)
    result = geomgen("train", "--data", data_file, "--width", 4, "--runs-dir", tmp_path / "runs")
    assert result.returncode == 4
    assert "Permission denied" in result.stderr


def test_a_file_that_may_not_grow_is_a_disk_error(data_file: Path, tmp_path: Path) -> None:
    command = f"ulimit -f 8; exec {sys.executable} -m geomgen train --data {data_file} --width 64 --threads 1"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}  # the limit would truncate what later tests import
    result = subprocess.run(
        ["bash", "-c", f"{command} --runs-dir {tmp_path}"],
        capture_output=True, text=True, timeout=60, check=False, env=environment,
    )  # fmt: skip
    assert result.returncode == 4, result.stderr
    assert "Traceback" not in result.stderr
    assert [run.status for run in runs(tmp_path)] == ["unfinished"]
    assert not list(tmp_path.rglob("*.safetensors"))
    assert not list(tmp_path.rglob("*.partial"))


def test_resume_takes_no_other_options(geomgen: Command, run_dir: Path, tmp_path: Path) -> None:
    result = geomgen("train", "--resume", run_dir, "--lr", "0.1")
    assert result.returncode == 2
    assert "--lr cannot change them" in result.stderr
    (tmp_path / "options.toml").write_text("lr = 0.1")
    result = geomgen("train", "--resume", run_dir, "--config", tmp_path / "options.toml")
    assert (result.returncode, "--lr cannot change them" in result.stderr) == (2, True)
    result = geomgen("train", "--resume", run_dir)
    assert result.returncode == 2
    assert "cannot be resumed: it is complete" in result.stderr


def test_ctrl_c_saves_and_says_how_to_go_on(data_file: Path, tmp_path: Path) -> None:
    arguments = ["train", "--data", str(data_file), "--width", "16", "--epochs", "100000", "--threads", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "geomgen", *arguments, "--runs-dir", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("2*/log.txt")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(2)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Resume it with: geomgen train --resume" in " ".join(error.replace("│", " ").split())
    (run,) = runs(tmp_path)
    assert run.status == "interrupted"
    assert (run.path / "checkpoints" / "resume.safetensors").exists()


def test_data_that_may_not_be_read_is_a_disk_error(
    geomgen: Command, monkeypatch: pytest.MonkeyPatch, data_file: Path, tmp_path: Path
) -> None:
    def refuse(*_arguments: object) -> bytes:
        raise PermissionError(13, "Permission denied", str(data_file))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    result = geomgen("train", "--data", data_file, "--runs-dir", tmp_path)
    assert result.returncode == 4
    assert "Permission denied" in result.said


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(30, "Read-only file system")])
def test_a_folder_that_takes_no_run_is_a_disk_error(
    geomgen: Command, monkeypatch: pytest.MonkeyPatch, data_file: Path, tmp_path: Path, error: OSError
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(Path, "mkdir", refuse)
    result = geomgen("train", "--data", data_file, "--width", 4, "--runs-dir", tmp_path)
    assert result.returncode == 4
    assert f"{tmp_path}: {error.strerror}." in result.said
    assert list(tmp_path.iterdir()) == []
