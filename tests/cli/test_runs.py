"""Commands that look at runs and hand them on: what each prints, and where."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

from geomgen import open_run
from geomgen.fields import column
from geomgen.store.catalog import short_ids
from geomgen.store.run import create_run
from tests.conftest import Command
from tests.report.made_up_runs import RunMaker, training_row


def test_show_speaks_json(geomgen: Command, run_dir: Path) -> None:
    about = json.loads(geomgen("show", run_dir, "--json").stdout)
    assert (about["run"], about["status"], about["experiment"]) == (run_dir.name, "complete", "train")
    assert about["tables"] == {"activation_volume": {"rows": 6}, "training": {"rows": 1}}
    assert [measure["experiment"] for measure in about["measures"]] == ["volume"]
    for as_json in (["--json"], ["--format", "json"]):
        (row,) = json.loads(geomgen("show", run_dir, "--table", "training", *as_json).stdout)
        assert row["epoch"] == 1


def test_show_tells_a_person_every_option_on_a_line_of_its_own(geomgen: Command, run_dir: Path) -> None:
    lines = [line.split() for line in geomgen("show", "latest", "--runs-dir", run_dir.parent).stdout.splitlines()]
    assert ["run", run_dir.name] in lines
    assert ["width", "8"] in lines
    assert ["teacher", "-"] in lines
    assert ["layers", "hidden1,", "hidden2,", "output"] in lines
    assert ["activation_volume", "rows", "6"] in lines
    assert ["commands"] in lines
    assert not [line for line in lines if line[0] == "measures"]


def test_what_steers_a_terminal_is_shown_and_not_sent(geomgen: Command, tmp_path: Path) -> None:
    run = create_run(tmp_path, "other", "x", {"note": "a\x1b[2J\nb"}, {})
    assert "a\\x1b[2J\\nb" in geomgen("show", run.path).stdout


def test_show_prints_a_table_in_the_format_asked_for(geomgen: Command, run_dir: Path) -> None:
    text = geomgen("show", run_dir, "--table", "activation_volume", "--format", "csv").stdout
    assert len(text.splitlines()) == 7
    assert text.splitlines()[0].startswith("run_id,seed,arch,width,layer")
    missing = geomgen("show", run_dir, "--table", "nothing")
    assert missing.returncode == 3
    assert "activation_volume, training" in missing.said


def test_what_identifies_all_rows_alike_stands_once_above_them(geomgen: Command, run_dir: Path) -> None:
    shown = geomgen("show", run_dir, "--table", "activation_volume").stdout.splitlines()
    assert shown[0].startswith(f"{run_dir.name} activation_volume: seed 0, arch mlp, width ")
    assert not {"seed", "arch", "width"} & {word for line in shown[1:] for word in line.split()}
    assert {"initial", "final"} <= {word for line in shown[1:] for word in line.split()}
    (one,) = [
        line for line in geomgen("show", run_dir, "--table", "training").stdout.splitlines() if run_dir.name in line
    ][1:]
    assert one.startswith(run_dir.name)


def test_ls_lists_runs_of_any_experiment_and_only_those_meant(geomgen: Command, run_dir: Path) -> None:
    root = run_dir.parent
    other = create_run(root, "other", "x", {"steps": 3, "layers": ["a", "b"]}, {})
    last = geomgen("ls", "--runs-dir", root).stdout.splitlines()[-1]
    assert last.split() == [other.id, "unfinished", "other", "-", "-", "-", "-", "0"]
    (line,) = json.loads(geomgen("ls", "--runs-dir", root, "--where", "steps == 3", "--format", "json").stdout)
    assert (line["run_id"], line["width"], line["steps"]) == (other.id, None, 3)
    for where in ("width < 9", "not width > 9", "'volume' in tables or lr < 1"):
        (line,) = json.loads(geomgen("ls", "--runs-dir", root, "--where", where, "--format", "json").stdout)
        assert (line["run_id"], line["width"]) == (run_dir.name, 8)
    assert json.loads(geomgen("ls", "--runs-dir", root, "--where", "width > 9", "--format", "json").stdout) == []


def test_ids_are_never_broken_and_the_latest_runs_stand_last(geomgen: Command, tmp_path: Path) -> None:
    label = "+".join(f"recipe-{number}" for number in range(12))
    made = [create_run(tmp_path, "sweep", label, {"width": 3}, {}) for _ in range(3)]
    listed = ("ls", "--runs-dir", tmp_path)
    for columns in (40, 100, 300):
        lines = geomgen(*listed, COLUMNS=str(columns)).stdout.splitlines()[-3:]
        words = [line.split()[0] for line in lines]
        assert all(run.id.startswith(word) for run, word in zip(made, words, strict=True))
        assert len(set(words)) == 3
        assert (words == [run.id for run in made]) == (columns == 300)
        for word, run in zip(words, made, strict=True):
            assert geomgen("show", word, "--runs-dir", tmp_path).stdout.split()[1] == run.id
    limited = geomgen(*listed, "--limit", 2, "--format", "json")
    assert [row["run_id"] for row in json.loads(limited.stdout)] == [run.id for run in made[1:]]
    assert limited.said == "The latest 2 of 3 runs."
    assert geomgen(*listed, "--limit", 3).stderr == ""
    assert geomgen(*listed, "--limit", 0).returncode == 2


def test_other_names_of_folders_are_listed_without_breaking_a_line(geomgen: Command, tmp_path: Path) -> None:
    made = [create_run(tmp_path, "train", f"mlp-w{64 * number}", {"seed": number}, {}) for number in range(3)]
    made[1].path.rename(tmp_path / "mine")
    lines = geomgen("ls", "--runs-dir", tmp_path, COLUMNS="80").stdout.splitlines()[-3:]
    assert [line.split()[-1] == "mine" for line in lines] == [False, True, False]
    assert [line.split()[0] for line in lines] == short_ids([run.id for run in made])
    told = json.loads(geomgen("ls", "--runs-dir", tmp_path, "--format", "json").stdout)
    assert [line["folder"] for line in told] == [made[0].path.name, "mine", made[2].path.name]


def test_ls_counts_tables_for_people_and_names_them_for_programs(geomgen: Command, run_dir: Path) -> None:
    listed = ("ls", "--runs-dir", run_dir.parent)
    assert geomgen(*listed).stdout.splitlines()[-1].split()[-1] == "2"
    assert json.loads(geomgen(*listed, "--format", "json").stdout)[0]["tables"] == "activation_volume training"


@dataclass(frozen=True)
class CountRow:
    """A number that may be missing."""

    row: int = column("Number of the row.", key=True)
    count: int | None = column("Count.")


LARGE = 2**53 + 1
"""The smallest whole number that no float is."""


@pytest.mark.parametrize("table_format", ["csv", "json", "markdown", "latex", "table"])
def test_whole_numbers_stay_whole_beside_missing_ones(geomgen: Command, tmp_path: Path, table_format: str) -> None:
    first, second = (create_run(tmp_path, "other", "x", config, {}) for config in ({"seed": LARGE}, {}))
    for run, counts in ((first, [LARGE, None, 7]), (second, [None, 5, 8])):
        run.add_rows("counts", [CountRow(row, count) for row, count in enumerate(counts)])
        run.finish("complete")
    listed = ("--runs-dir", tmp_path, "--format", table_format)
    for arguments in (["ls"], ["compare", first.id, second.id], ["show", first.id, "--table", "counts"]):
        told = geomgen(*arguments, *listed)
        assert told.returncode == 0, told.stderr
        assert str(LARGE) in told.stdout
        assert not re.search(r"\b[578]\.0\b|\.0\b(?!\d)", told.stdout.replace("inf", ""))
    geomgen("export", first.id, second.id, "--to", "csv", "--out", tmp_path / "out", "--runs-dir", tmp_path)
    lines = (tmp_path / "out" / "counts.csv").read_text().splitlines()
    assert [line.split(",")[-1] for line in lines[1:]] == [str(LARGE), "", "7", "", "5", "8"]


def test_compare_prints_what_differs(geomgen: Command, run_dir: Path) -> None:
    make = RunMaker(run_dir.parent)
    first, same = (make(tables={"training": [training_row(1)]}, width=8, epochs=1) for _ in range(2))
    alike = geomgen("compare", first.path, same.path)
    assert (alike.returncode, alike.stdout) == (0, "")
    assert geomgen("compare", first.path, same.path, "-q").stderr == ""
    other = make({("final", "data"): 1.0}, epochs_done=2, width=8, epochs=2)
    printed = geomgen("compare", first.path, other.path)
    assert "epochs" in printed.stdout
    assert {first.id, other.id} <= set(printed.stdout.splitlines()[0].split())
    rows = json.loads(geomgen("compare", first.path, other.path, "--format", "json").stdout)
    assert f"{len(rows)} " in printed.said
    assert {(row["part"], row["name"], row["first"], row["other"]) for row in rows} >= {
        ("config", "epochs", 1, 2),
        ("training", "rows", "0 only here", "1 only here"),
        ("activation_volume", "rows", None, "1 rows"),
    }


def test_wall_times_are_compared_when_asked_for(geomgen: Command, tmp_path: Path) -> None:
    make, row = RunMaker(tmp_path), training_row(1)
    first, slower = (make(tables={"training": [replace(row, wall_time_s=seconds)]}) for seconds in (1.5, 2.5))
    names = ["compare", first.path, slower.path, "--format", "json"]
    assert json.loads(geomgen(*names).stdout) == []
    (found,) = json.loads(geomgen(*names, "--wall-times").stdout)
    assert (found["part"], found["name"], found["first"], found["other"]) == ("training", "wall_time_s", 1.5, 2.5)


def test_export_prints_the_files_that_it_writes(geomgen: Command, run_dir: Path, tmp_path: Path) -> None:
    result = geomgen("export", run_dir, "--to", "csv", "--out", tmp_path / "out")
    files = [Path(line) for line in result.stdout.splitlines()]
    assert sorted(files) == [tmp_path / "out" / f"{name}.csv" for name in ("activation_volume", "training")]
    assert len(pd.read_csv(tmp_path / "out" / "activation_volume.csv")) == 6
    assert geomgen("export", run_dir, "--to", "xml", "--out", tmp_path).returncode == 2


def test_archive_prints_the_copies_which_have_no_checkpoints(geomgen: Command, run_dir: Path, tmp_path: Path) -> None:
    result = geomgen("archive", "-", "--to", tmp_path / "kept", stdin=f"{run_dir}\n")
    assert result.stdout == f"{tmp_path / 'kept' / run_dir.name}\n"
    copy = open_run(result.stdout.strip())
    assert (copy.status, copy.tables) == ("complete", ["activation_volume", "training"])
    assert list(copy.path.rglob("*.safetensors")) == []
    assert list(run_dir.rglob("*.safetensors"))


@pytest.mark.parametrize("command", ["show", "compare", "ls"])
def test_an_unknown_format_is_refused_before_anything_is_read(geomgen: Command, tmp_path: Path, command: str) -> None:
    names = [] if command == "ls" else ["nothing"]
    result = geomgen(command, *names, "--format", "xml", "--runs-dir", tmp_path)
    assert (result.returncode, "--format 'xml'" in result.said) == (2, True)
