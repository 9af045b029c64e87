"""``geomgen volume --space parameters`` as it is typed."""

from pathlib import Path

import pytest

from geomgen import open_run
from tests.conftest import Command


@pytest.fixture
def trained(geomgen: Command, data_file: Path, tmp_path: Path) -> str:
    """Return the directory of a small run."""
    made = geomgen("train", "--width", 4, "--epochs", 1, "--data", data_file, "-q", "--runs-dir", tmp_path)
    return made.stdout.strip()


def test_the_command_adds_a_row_per_method_and_is_made_again(geomgen: Command, trained: str, tmp_path: Path) -> None:
    options = (
        "--space parameters --behaviour kl --tolerance 0.01 --weighting none --preconditioner diagonal --state final"
    )
    found = geomgen("volume", trained, *options.split(), "--directions", 10, "--samples", 20)
    assert found.returncode == 0, found.stderr
    rows = open_run(trained).table("parameter_volume")
    assert rows["method"].tolist() == ["ellipsoid", "monte-carlo"]
    again = open_run(geomgen("rerun", trained, "--runs-dir", tmp_path, "-q").stdout.strip())
    assert again.table("parameter_volume").drop(columns="run_id").equals(rows.drop(columns="run_id"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--tolerance", 0.1], "--tolerance does not apply to --space activations."),
        (["--space", "parameters", "--rule", "full"], "--rule does not apply to --space parameters."),
        (["--space", "weights"], "--space 'weights' is not known."),
        (["--space", "parameters", "--tolerance", 1e-16], "is below what rounding allows"),
        (["--space", "parameters", "--samples", 10**6], "--samples 1000000 is more than"),
    ],
)
def test_bad_input_is_one_panel(geomgen: Command, trained: str, options: list[object], words: str) -> None:
    result = geomgen("volume", trained, *options)
    assert result.returncode == 2
    assert words in result.said
    assert "parameter_volume" not in open_run(trained).tables


def test_a_config_file_may_hold_options_of_the_space_that_is_chosen(
    geomgen: Command, trained: str, tmp_path: Path
) -> None:
    file = tmp_path / "options.toml"
    file.write_text('directions = 5\nsamples = 10\nmethod = ["monte-carlo"]\n')
    assert geomgen("volume", trained, "--space", "parameters", "--config", file).returncode == 0
    assert set(open_run(trained).table("parameter_volume")["num_directions"]) == {5}
    assert "does not apply to --space activations" in geomgen("volume", trained, "--config", file).said


def test_help_shows_the_options_of_both_spaces(geomgen: Command) -> None:
    shown = geomgen("volume", "--help").stdout
    assert all(option in shown for option in ("--space", "--rule", "--tolerance", "--preconditioner"))


def test_a_potential_makes_a_run_that_is_made_again_with_equal_tables(geomgen: Command, tmp_path: Path) -> None:
    options = "--space parameters --potential quadratic --curvatures 0.5,1 --method ellipsoid,free-energy --rungs 11"
    folder = ("--runs-dir", tmp_path, "-q")
    made = geomgen("volume", *options.split(), "--chains", 2, "--draws", 20, *folder)
    assert made.returncode == 0, made.stderr
    run = open_run(made.stdout.strip())
    assert "-volume-space-parameters-quadratic-s0-" in run.id
    rows, rungs = run.table("parameter_volume"), run.table("free_energy")
    assert rows[["method", "state", "prior_std"]].to_numpy().tolist() == [
        ["saddlepoint", "quadratic", 1.0],
        ["free-energy", "quadratic", 1.0],
    ]
    assert rungs["rung"].tolist() == list(range(12))
    again = open_run(geomgen("rerun", run.path, *folder).stdout.strip())
    for name, table in (("parameter_volume", rows), ("free_energy", rungs)):
        assert again.table(name).drop(columns="run_id").equals(table.drop(columns="run_id"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "No RUN is named."),
        (["--space", "parameters"], "Neither a RUN nor a --potential is named."),
        (["--potential", "quadratic"], "--potential does not apply to --space activations."),
        (["--space", "parameters", "--potential", "quadratic", "--tolerance", 1e-17], "is below what rounding allows"),
    ],
)
def test_a_run_is_named_or_a_potential(geomgen: Command, tmp_path: Path, options: list[object], words: str) -> None:
    result = geomgen("volume", *options, "--runs-dir", tmp_path)
    assert result.returncode == 2
    assert words in result.said


def test_a_run_and_a_potential_are_one_too_many(geomgen: Command, trained: str) -> None:
    result = geomgen("volume", trained, "--space", "parameters", "--potential", "quadratic")
    assert (result.returncode, "A RUN is named, and --potential too." in result.said) == (2, True)


def test_a_network_has_a_free_energy_beside_its_other_volumes(geomgen: Command, trained: str) -> None:
    chains = "--space parameters --method free-energy --rungs 11 --chains 2 --draws 4 --leapfrog-steps 1 --samples 5"
    found = geomgen("volume", trained, *chains.split(), "--state", "final", "-q")
    assert found.returncode == 0, found.stderr
    run = open_run(trained)
    assert run.table("parameter_volume")["method"].tolist() == ["free-energy"]
    assert run.table("free_energy")["inverse_temperature"].is_monotonic_increasing
