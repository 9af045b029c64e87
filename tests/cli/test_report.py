"""``geomgen report``: formats, one table, files, the page of all, and what is asked for in vain."""

import html
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from geomgen.errors import NoDataError
from geomgen.experiments.machine import num_cores
from geomgen.progress import OnProgress
from geomgen.report.page import page
from geomgen.report.page.page import Page
from geomgen.store.run import Run
from tests.conftest import Command
from tests.report.made_up_runs import RunMaker

VOLUMES = {
    (state, condition): float(place)
    for place, (state, condition) in enumerate(
        (state, condition)
        for state in ("initial", "final")
        for condition in ("data", "control-features", "permuted-pixels")
    )
}


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    """Two seeds of one width, made up."""
    make = RunMaker(tmp_path / "runs")
    for seed in (0, 1):
        make(VOLUMES, epochs_done=1, seed=seed, width=8)
    return make.root


@pytest.mark.parametrize("table_format", ["table", "csv", "markdown", "latex"])
def test_every_format_is_printed(geomgen: Command, runs_dir: Path, table_format: str) -> None:
    result = geomgen("report", "width-logdet", "--runs-dir", runs_dir, "--format", table_format)
    assert result.returncode == 0, result.stderr
    assert "8" in result.stdout


def test_json_has_the_named_columns_as_numbers(geomgen: Command, runs_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["report", "width-logdet", "--runs-dir", runs_dir, "--compare", "published", "--format", "json"]
    result = geomgen(*words, "--out", out)
    (row,) = json.loads(result.stdout)
    names = ["initial", "initial_control", "initial_permuted_pixels", "trained", "trained_control"]
    assert (row["hidden"], row["seeds"]) == (8, 2)
    assert [row[name] for name in names] == [0, 1, 2, 3, 4]
    assert all(f"{name}_ratio" in row for name in names)
    endings = ("csv", "json", "md", "tex", "txt", "pdf", "svg", "png")
    written = {path.name for path in out.iterdir()}
    assert written == {"width-logdet-plotted.csv", *(f"width-logdet.{ending}" for ending in endings)}
    assert all(str(path) in result.said for path in out.iterdir())
    assert geomgen(*words, "--out", out, "-q").stderr == ""


def test_one_table_of_several_can_be_asked_for(geomgen: Command, runs_dir: Path) -> None:
    words = ["report", "training", "--runs-dir", runs_dir, "--format", "json"]
    assert geomgen(*words, "--table", "training").stdout == geomgen(*words).stdout != ""
    missing = geomgen("report", "training", "--table", "nothing", "--runs-dir", runs_dir)
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "nothing" in missing.said


def test_claims_are_judged_in_a_protocol(geomgen: Command, runs_dir: Path) -> None:
    words = ["report", "claims", "--runs-dir", runs_dir, "--format", "json"]
    published, same, other = (
        geomgen(*words, *more) for more in ((), ("--protocol", "published"), ("--protocol", "layer-norm"))
    )
    assert same.stdout == published.stdout
    found = json.loads(other.stdout)
    assert "Protocol layer-norm: LayerNorm before each nonlinearity." in other.said
    assert {"T1.3a", "T5.4"} < {row["id"] for row in found} < {row["id"] for row in json.loads(published.stdout)}
    assert all("--layer-norm" in row["commands"] or "layer_norm=true" in row["commands"] for row in found)


def test_the_list_names_every_report(geomgen: Command) -> None:
    listed = json.loads(geomgen("report", "--list", "--format", "json").stdout)
    assert {"width-logdet", "training"} <= {line["report"] for line in listed}


def test_the_page_of_all_reports_is_written_where_it_is_asked_for(
    geomgen: Command, runs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_page(runs: Sequence[Run], selection: str, folder: Path, show: OnProgress, *, processes: int) -> Page:
        assert (len(runs), selection, processes) == (2, f"--runs-dir {runs_dir}", num_cores())
        show(1, 1, "emc")
        return Page(folder / "index.html", {"emc": NoDataError("None.", "geomgen emc")})

    monkeypatch.setattr(page, "write_page", write_page)
    words = ["report", "all", "--runs-dir", runs_dir]
    nowhere = geomgen(*words)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "--out FOLDER" in nowhere.said
    made = geomgen(*words, "--out", tmp_path / "out")
    assert (made.returncode, made.stdout) == (0, f"{tmp_path / 'out' / 'index.html'}\n"), made.stderr
    assert made.said.startswith("emc ")
    assert made.said.endswith("None. geomgen emc")
    assert geomgen(*words, "--out", tmp_path / "out", "-q").stderr == ""


def test_a_condition_chooses_the_runs(geomgen: Command, runs_dir: Path, tmp_path: Path) -> None:
    words = ["--runs-dir", runs_dir, "--where", "seed == 1"]
    (row,) = json.loads(geomgen("report", "training", *words, "--format", "json").stdout)
    assert row["seed"] == 1
    none = geomgen("report", "training", "--runs-dir", runs_dir, "--where", "seed > 7")
    assert (none.returncode, none.stdout) == (3, "")
    assert "of 0 in all" in none.said
    for name in ("training", "all"):
        unknown = geomgen("report", name, "--runs-dir", runs_dir, "--where", "sede == 1", "--out", tmp_path / "out")
        assert (unknown.returncode, unknown.stdout) == (2, "")
        assert "--where: no run has an option or column 'sede'. Did you mean 'seed'?" in unknown.said


def test_the_pages_commands_choose_the_same_runs(geomgen: Command, runs_dir: Path, tmp_path: Path) -> None:
    made = geomgen("report", "all", "--runs-dir", runs_dir, "--where", "seed == 1", "--out", tmp_path / "out")
    content = html.unescape(Path(made.stdout.strip()).read_text(encoding="utf-8"))
    assert f"geomgen report training --runs-dir {runs_dir} --where 'seed == 1'" in content
    assert f"geomgen report all --runs-dir {runs_dir} --where 'seed == 1' --out {tmp_path / 'out'}" in content
    assert "--seed 1" in content
    assert "--seed 0" not in content


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "geomgen report --list"),
        (["nothing"], 2, "'nothing'"),
        *((["all", flag, "x", "--out", "page"], 2, f"{flag} x") for flag in ("--compare", "--protocol", "--table")),
        (["trainin"], 2, "'training'"),
        (["width-logdet", "--format", "xml"], 2, "--format 'xml'"),
        (["--list", "--format", "xml"], 2, "--format 'xml'"),
        (["training", "--compare", "published"], 2, "published"),
        (["training", "--protocol", "sgd"], 2, "Leave out --protocol"),
        (["claims", "--protocol", "sdg"], 2, "Did you mean 'sgd'?"),
        (["emc"], 3, "geomgen emc"),
    ],
)
def test_what_there_is_not_is_refused(geomgen: Command, runs_dir: Path, words: list[str], code: int, said: str) -> None:
    result = geomgen("report", *words, "--runs-dir", runs_dir)
    assert (result.returncode, result.stdout) == (code, "")
    assert said in result.said
