"""Commands about gradient descent itself, as a person runs them."""

from pathlib import Path

import pytest

from geomgen import open_run
from tests.conftest import Command


def test_modified_flow_shows_the_orders_and_is_made_again_bit_by_bit(geomgen: Command, tmp_path: Path) -> None:
    made = geomgen("modified-flow", "--halvings", 3, "--runs-dir", tmp_path)
    assert made.returncode == 0, made.stderr
    run = open_run(made.stdout.strip())
    assert run.status == "complete"
    assert run.table("modified_flow_orders")["order"].tolist() == pytest.approx([2, 2, 3, 2], abs=0.1)
    assert "modified_flow_orders" in made.stderr
    reused = geomgen("modified-flow", "--halvings", 3, "--runs-dir", tmp_path, "--reuse", "-q")
    assert reused.stdout == made.stdout
    again = open_run(geomgen("rerun", run.path, "--runs-dir", tmp_path, "-q").stdout.strip())
    for name in ("modified_flow", "modified_flow_orders"):
        assert again.table(name).drop(columns="run_id").equals(run.table(name).drop(columns="run_id"))


def test_a_step_that_is_too_large_or_too_small_is_refused(geomgen: Command, tmp_path: Path) -> None:
    small = geomgen("modified-flow", "--largest-step", 1e-9, "--runs-dir", tmp_path)
    assert (small.returncode, small.stdout) == (2, "")
    assert "Choose a larger --largest-step" in small.said
    large = geomgen("modified-flow", "--problem", "network", "--largest-step", 1e9, "--runs-dir", tmp_path)
    assert large.returncode == 2
    assert "Choose a smaller --largest-step" in large.said


def test_emc_says_what_it_found_and_what_is_out_of_reach(geomgen: Command, data_file: Path, tmp_path: Path) -> None:
    options = ("--data", data_file, "--width", 32, "--draws", 2, "--runs-dir", tmp_path, "--max-samples", 64)
    fitted = geomgen("emc", *options, "--epochs", 60, "--lr", 0.01, "--batch-size", 8)
    assert fitted.returncode == 0, fitted.stderr
    assert "All 64 images are fitted: raise --max-samples or --label-noise." in fitted.said
    assert open_run(fitted.stdout.strip()).table("emc")["emc"].tolist() == [64]
    missed = geomgen("emc", *options, "--epochs", 1, "--label-noise", 0.5)
    assert "Not even 32 images are fitted: raise --epochs or --width." in missed.said
