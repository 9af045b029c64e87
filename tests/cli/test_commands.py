"""The commands as a user types them: output, exit codes, and what stands on which stream."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geomgen import open_run, runs
from geomgen.cli.app import main
from geomgen.errors import DataError
from geomgen.store.run import create_run
from tests.conftest import Command

SUBCOMMANDS = [
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
    "archive",
    "verify",
    "compare",
    "gc",
]


@pytest.fixture
def run_dir(geomgen: Command, data_file: Path, tmp_path: Path) -> Path:
    arguments = ["--data", data_file, "--width", 8, "--epochs", 1, "--runs-dir", tmp_path / "folder"]
    result = geomgen("train", *arguments)
    assert result.returncode == 0, result.stderr
    path = Path(result.stdout.splitlines()[-1])
    assert geomgen("volume", path).returncode == 0
    return path


@pytest.mark.parametrize("command", ["", *SUBCOMMANDS])
def test_help_is_complete_and_imports_nothing_heavy(command: str) -> None:
    program = (
        "import sys; from geomgen.cli.app import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([name for name in ('torch', 'pandas', 'numpy', 'pyarrow', 'matplotlib') if name in sys.modules])"
    )
    arguments = [sys.executable, "-c", program, *([command] if command else []), "--help"]
    result = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.splitlines()[-1] == "[]"
    assert all(word in result.stdout for word in ([command] if command else SUBCOMMANDS))


def test_last_line_of_stdout_is_the_run_directory(run_dir: Path) -> None:
    assert run_dir.is_dir()
    assert open_run(run_dir).tables == ["activation_volume", "training"]


def test_commands_compose_through_standard_input(geomgen: Command, run_dir: Path) -> None:
    listing = f"{run_dir}\n"
    result = geomgen("volume", "-", "-q", stdin=listing)
    assert (result.returncode, result.stdout, result.stderr) == (0, listing, "")
    assert geomgen("show", "latest", "--runs-dir", run_dir.parent).returncode == 0


def test_show_and_ls_speak_json(geomgen: Command, run_dir: Path) -> None:
    about = json.loads(geomgen("show", run_dir, "--json").stdout)
    assert about["status"] == "complete"
    assert about["tables"] == {"activation_volume": {"rows": 6}, "training": {"rows": 1}}
    (line,) = json.loads(geomgen("ls", "--runs-dir", run_dir.parent, "--format", "json").stdout)
    assert (line["run_id"], line["status"], line["width"]) == (run_dir.name, "complete", 8)
    rows = json.loads(geomgen("show", run_dir, "--table", "training", "--json").stdout)
    assert rows[0]["epoch"] == 1
    assert "activation_volume" in geomgen("show", run_dir).stdout


@pytest.mark.parametrize("table_format", ["table", "csv", "markdown", "latex"])
def test_report_prints_every_format(geomgen: Command, run_dir: Path, table_format: str) -> None:
    result = geomgen("report", "width-logdet", "--runs-dir", run_dir.parent, "--format", table_format)
    assert result.returncode == 0
    assert "8" in result.stdout


def test_report_json_has_the_named_columns_as_numbers(geomgen: Command, run_dir: Path, tmp_path: Path) -> None:
    result = geomgen(
        "report", "width-logdet", "--runs-dir", run_dir.parent, "--compare", "published", "--format", "json",
        "--out", tmp_path / "out",
    )  # fmt: skip
    (row,) = json.loads(result.stdout)
    names = ["initial", "initial_control", "initial_permuted_pixels", "trained", "trained_control"]
    assert row["hidden"] == 8
    assert row["seeds"] == 1
    assert all(isinstance(row[name], float) and f"{name}_ratio" in row for name in names)
    written = {path.name for path in (tmp_path / "out").iterdir()}
    endings = ("csv", "json", "md", "tex", "txt", "pdf", "svg", "png")
    assert written == {"width-logdet-plotted.csv", *(f"width-logdet.{ending}" for ending in endings)}
    listed = json.loads(geomgen("report", "--list", "--format", "json").stdout)
    assert {"width-logdet", "training"} <= {line["report"] for line in listed}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train", "--width", "0"], 2, "--width 0 is too small. It must be at least 1."),
        (["train", "--width", "-5"], 2, "--width -5 is too small."),
        (["train", "--label-noise", "1.5"], 2, "--label-noise 1.5 is too large. It must be at most 1."),
        (["train", "--label-noise", "nan"], 2, "--label-noise nan is too small."),
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
        (["gc", "--older-than", "-1"], 2, "--older-than"),
        (["ls", "--format", "xml"], 2, "--format 'xml' is not known."),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_bad_input_gets_one_panel_and_its_code(
    geomgen: Command, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    folder = [] if arguments == ["nonsense"] else ["--runs-dir", tmp_path / "runs"]
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
    result = subprocess.run(
        ["bash", "-c", f"{command} --runs-dir {tmp_path}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 4, result.stderr
    assert "Traceback" not in result.stderr
    assert [run.status for run in runs(tmp_path)] == ["unfinished"]
    assert not list(tmp_path.rglob("*.safetensors"))
    assert not list(tmp_path.rglob("*.partial"))


def test_options_come_from_command_line_then_environment_then_file_then_default(
    geomgen: Command, data_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "options.toml"
    file.write_text(f'width = 4\nseed = 4\nepochs = 1\ndata = "{data_file}"\nlayer-norm = true\n')
    result = geomgen(
        "train", "--config", file, "--width", 6, "--runs-dir", tmp_path, GEOMGEN_SEED="5", GEOMGEN_WIDTH="5"
    )
    assert result.returncode == 0, result.stderr
    config = open_run(result.stdout.strip()).config
    assert [config[name] for name in ("width", "seed", "epochs", "layer_norm", "depth")] == [6, 5, 1, True, 2]


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("widht = 4", 2, "has no option 'widht'. Did you mean 'width'?"),
        ("width = 3.5", 2, "--width 3.5 is not of type int."),
        ("width = true", 2, "--width True is not of type int."),
        ("width = ", 3, "is not TOML"),
        ('arch = "lenet6"', 2, "Did you mean 'lenet5'?"),
    ],
)
def test_a_bad_file_of_options_is_named(geomgen: Command, tmp_path: Path, content: str, code: int, words: str) -> None:
    (tmp_path / "o.toml").write_text(content)
    result = geomgen("train", "--config", tmp_path / "o.toml", "--runs-dir", tmp_path / "runs")
    assert result.returncode == code
    assert words in result.said


def test_resume_takes_no_other_options(geomgen: Command, run_dir: Path) -> None:
    result = geomgen("train", "--resume", run_dir, "--lr", "0.1")
    assert result.returncode == 2
    assert "--lr cannot change them" in result.stderr
    result = geomgen("train", "--resume", run_dir)
    assert result.returncode == 2
    assert "cannot be resumed: it is complete" in result.stderr


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["geomgen", "--debug", "volume", "nothing"])
    with pytest.raises(DataError, match="no run 'nothing'"):
        main()


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


def test_what_nobody_expected_is_called_a_bug(geomgen: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("a screw is loose")

    monkeypatch.setattr("geomgen.experiments.listing.listing", broken)
    result = geomgen("ls")
    assert result.returncode == 1
    assert "A bug in geomgen" in result.said
    assert "RuntimeError: a screw is loose" in result.said


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


def test_verify_names_what_is_damaged_and_ends_with_its_code(geomgen: Command, run_dir: Path) -> None:
    arguments = ["verify", "--runs-dir", run_dir.parent, "--format", "json"]
    sound = geomgen(*arguments)
    assert sound.returncode == 0
    assert json.loads(sound.stdout) == [{"run_id": run_dir.name, "status": "complete", "problem": "", "file": ""}]
    assert sound.said == "1 runs, none damaged."
    (run_dir / "tables" / "training.parquet").write_bytes(b"")
    damaged = geomgen(*arguments, "-q")
    (row,) = json.loads(damaged.stdout)
    assert damaged.returncode == 3
    assert (row["status"], row["file"]) == ("damaged", "tables/training.parquet")
    assert f"1 of 1 runs are damaged: {run_dir.name}." in damaged.said
    assert geomgen("verify", run_dir).returncode == 3


def test_ls_lists_runs_of_any_experiment_and_only_those_meant(geomgen: Command, run_dir: Path) -> None:
    root = run_dir.parent
    other = create_run(root, "other", "x", {"steps": 3, "layers": ["a", "b"]}, {})
    last = geomgen("ls", "--runs-dir", root).stdout.splitlines()[-1]
    assert last.split() == [other.id, "unfinished", "other", "-", "-", "-", "-"]
    (line,) = json.loads(geomgen("ls", "--runs-dir", root, "--where", "steps == 3", "--format", "json").stdout)
    assert (line["run_id"], line["width"], line["steps"]) == (other.id, None, 3)
    for where in ("width < 9", "not width > 9", "'volume' in tables or lr < 1"):
        (line,) = json.loads(geomgen("ls", "--runs-dir", root, "--where", where, "--format", "json").stdout)
        assert (line["run_id"], line["width"]) == (run_dir.name, 8)
    assert json.loads(geomgen("ls", "--runs-dir", root, "--where", "width > 9", "--format", "json").stdout) == []


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
    assert "Freed 0.0 MB." in geomgen(*arguments, "--older-than", 0, "--interrupted").said
    assert geomgen("verify", run_dir).returncode == 0


def test_compare_prints_what_differs(geomgen: Command, run_dir: Path, data_file: Path) -> None:
    again = geomgen("rerun", run_dir, "--runs-dir", run_dir.parent, "-q").stdout.strip()
    same = geomgen("compare", run_dir, again)
    assert (same.returncode, same.stdout, same.said) == (0, "", "Nothing differs.")
    other = geomgen("train", "--data", data_file, "--width", 8, "--epochs", 2, "--runs-dir", run_dir.parent, "-q")
    printed = geomgen("compare", run_dir, other.stdout.strip())
    assert "epochs" in printed.stdout
    rows = json.loads(geomgen("compare", run_dir, other.stdout.strip(), "--format", "json").stdout)
    assert {(row["part"], row["name"], row["first"], row["other"]) for row in rows} >= {
        ("config", "epochs", 1, 2),
        ("training", "rows", "0 only here", "1 only here"),
        ("activation_volume", "rows", "6 rows", None),
    }
