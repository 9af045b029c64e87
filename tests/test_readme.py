"""The README says what is so: its commands run, its tree is the disk's, and every subcommand is in it."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from geomgen.config.registry import EXPERIMENTS
from tests.all_tables import ROOT, all_tables
from tests.conftest import Command

README = (ROOT / "README.md").read_text()
TOUR = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)[0].splitlines()


def test_the_tour_runs(geomgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for line in TOUR:
        output = ""
        for command in line.partition("#")[0].split("|"):
            arguments = shlex.split(command)[1:]
            result = geomgen(*arguments, stdin=output, GEOMGEN_TRAIN_SIZE="640", GEOMGEN_EPOCHS="1")
            assert result.returncode == 0, f"{line}\n{result.stderr}"
            output = result.stdout
    assert (tmp_path / "figures" / "training.pdf").exists()


def test_the_network_of_ones_own_runs(geomgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = README.partition("### Your own network")[2].partition("###")[0]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_networks.py").write_text(re.findall(r"```python\n(.*?)```", section, re.DOTALL)[0])
    (command,) = re.findall(r"^    geomgen (.*)$", section, re.MULTILINE)
    result = geomgen(*shlex.split(command), GEOMGEN_TRAIN_SIZE="640", GEOMGEN_EPOCHS="1")
    assert result.returncode == 0, result.stderr
    shown = geomgen("show", "latest", "--json").stdout
    assert json.loads(shown)["facts"]["layers"] == ["first", "second", "logits"]


def test_the_network_trained_elsewhere_is_imported_and_measured(
    geomgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = README.partition("### Your own network")[2].partition("###")[0]
    section = README.partition("### A network trained elsewhere")[2].partition("###")[0]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "my_networks", raising=False)
    (tmp_path / "my_networks.py").write_text(re.findall(r"```python\n(.*?)```", own, re.DOTALL)[0])
    (script,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    exec(compile(script, "README", "exec"), {})
    for command in re.findall(r"^    geomgen (.*)$", section, re.MULTILINE):
        result = geomgen(*shlex.split(command), GEOMGEN_CONDITION="data")
        assert result.returncode == 0, result.stderr
    rows = json.loads(geomgen("show", "latest", "--table", "imported", "--json").stdout)
    assert [row["state"] for row in rows] == ["initial", "final"]
    assert rows[1]["test_accuracy"] > 0.8
    assert len(json.loads(geomgen("show", "latest", "--table", "activation_volume", "--json").stdout)) == 2


def test_make_all_tables_ends_with_the_width_table_and_where_the_page_is(tmp_path: Path, data_file: Path) -> None:
    recipe, folder = tmp_path / "tiny.toml", tmp_path / "runs"
    recipe.write_text(f'[set]\nepochs = 1\ndata = "{data_file}"\n[grid]\nwidth = [8]\n[then]\nvolume = {{}}\n')
    ended = all_tables(recipe, folder)
    assert ended.returncode == 0, ended.stdout
    *_, head, rule, row, _published, _ratio, empty, last = ended.stdout.splitlines()
    assert (head.split()[0], set(rule), row.split()[:2], empty) == ("hidden", {"─"}, ["8", "measured"], "")
    assert last == f"All other tables and figures: {folder}/all-tables/index.html"
    assert (folder / "all-tables" / "index.html").exists()
    assert "is left out" not in ended.stdout


def test_make_all_tables_does_not_wait_for_slurm_and_says_what_to_type(tmp_path: Path) -> None:
    ended = all_tables(Path("full"), tmp_path, ENGINE="slurm")
    assert ended.returncode
    assert "With Slurm: geomgen sweep full --on slurm --submit, and make all-tables when" in ended.stdout


def test_the_tree_is_the_disks() -> None:
    listed = set(re.findall(r"^      ([\w.]+)/? ", README.partition("## The house")[2], re.MULTILINE))
    there = {path.name for path in (ROOT / "geomgen").iterdir()}
    assert listed == there - {"__init__.py", "__main__.py", "__pycache__", "py.typed"}


def test_its_experiments_are_those_of_the_records() -> None:
    rows = [
        f"| `{record.name}` | {record.summary} | {', '.join(f'`{table}`' for table in record.tables)} |"
        for record in EXPERIMENTS.values()
    ]
    expected = "\n".join(["| experiment | what it does | tables |", "|---|---|---|", *rows])
    (written,) = re.findall(r"<!-- experiments -->\n(.*?)\n?<!-- end experiments -->", README, re.DOTALL)
    assert written == expected, f"write between the marks of the README:\n{expected}"


def test_every_subcommand_and_make_target_is_named(geomgen: Command) -> None:
    commands = re.findall(r"^  ([a-z][\w-]*)  ", geomgen("--help").stdout, re.MULTILINE)
    assert {"train", "volume", "report", "ls", "show", "rerun"} <= set(commands)
    assert all(f"`{command}`" in README or f"`{command} " in README for command in commands)
    targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    assert f"make {' '.join(targets)}" in README
