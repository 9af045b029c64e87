"""``geomgen regress`` as a user types it."""

from pathlib import Path

import pytest

from geomgen import open_run, runs
from tests.conftest import Command


def test_linear_is_the_default_problem(geomgen: Command, tmp_path: Path) -> None:
    result = geomgen("regress", "--repetitions", 3, "--samples", 4, "--runs-dir", tmp_path)
    assert result.returncode == 0, result.stderr
    run = open_run(result.stdout.splitlines()[-1])
    assert run.experiment == "regress linear"
    assert "posterior" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["linear", "--repetitions", 10, "--seed", 3],
        ["ridgeless", "--samples", 40, "--features", "20,60,120", "--noise-variance", 0.25, "--repetitions", 4],
        ["polynomial", "--degrees", "0-20", "--repetitions", 4],
        ["rff", "--data", "synthetic", "--samples", 10, "--features", "5,10,20"],
        ["optimal-set", "--samples", 50, "--features", "60,100,400", "--repetitions", 3],
    ],
)
def test_a_problem_prints_its_run(geomgen: Command, tmp_path: Path, arguments: list[object]) -> None:
    result = geomgen("regress", *arguments, "--quiet", "--runs-dir", tmp_path)
    assert result.returncode == 0, result.stderr
    assert open_run(result.stdout.strip()).status == "complete"
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lineer"], "There is no problem 'lineer'. Did you mean 'linear'?"),
        (["linear", "--samples", 0], "--samples 0 is too small. It must be at least 1."),
        (["ridgeless", "--features", "20,many"], "--features '20,many' is not a list of whole numbers."),
        (["ridgeless", "--features", "0"], "--features 0 is too small. It must be at least 1."),
        (["ridgeless", "--features", "9-3"], "--features 9-3 is not a span."),
        (["optimal-set", "--features", "100000000"], "GiB of memory"),
        (["polynomial", "--degrees", "0-400", "--interval", 10], "--degrees 400 overflows in the raw basis"),
        (["polynomial", "--degrees", "5000"], "--degrees 5000 is too large. It must be at most 1000."),
        (["rff", "--features", "100,100000000"], "--features 100000000 is too large. It must be at most 1e+06."),
        (["rff", "--samples", "60000", "--features", "100000"], "GiB of memory"),
        (["rff", "--samples", "0"], "--samples 0 is too small."),
        (["linear", "--degrees", "3"], "No such option: --degrees"),
    ],
)
def test_bad_input_is_one_panel(geomgen: Command, tmp_path: Path, arguments: list[object], words: str) -> None:
    result = geomgen("regress", *arguments, *([] if arguments == ["lineer"] else ["--runs-dir", tmp_path / "runs"]))
    assert result.returncode == 2
    assert words in result.said
    assert not (tmp_path / "runs").exists()


def test_problems_are_cells_of_a_sweep(geomgen: Command, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        'experiment = "regress optimal-set"\n[set]\nsamples = 4\nrepetitions = 2\n'
        '[grid]\nfeatures = ["5-7,9", 8]\n[report]\nnames = ["optimal-set"]\n'
    )
    result = geomgen("sweep", recipe, "--runs-dir", tmp_path / "runs")
    assert result.returncode == 0, result.stderr
    found = runs(tmp_path / "runs")
    assert {tuple(run.config["features"]) for run in found if run.experiment != "sweep"} == {(5, 6, 7, 9), (8,)}
    assert [run.status for run in found] == ["complete"] * 3
