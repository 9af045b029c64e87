"""Commands that only read answer without waiting for torch, whose import takes longer than all that they do."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker

SCRIPT = """
import sys
from geomgen.cli.app import main
try:
    main()
except SystemExit as ended:
    if ended.code:
        raise
print("torch" in sys.modules)
"""
VOLUME = {(state, "data"): 1.0 for state in ("initial", "final")}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    maker = RunMaker(tmp_path_factory.mktemp("runs"))
    made = maker(VOLUME, epochs_done=2, status="unfinished", width=4)
    made.save_state("final", {"w": torch.arange(50.0), "h": torch.ones(3).bfloat16()}, {"step": 1})
    made.finish("complete")
    return made


@pytest.mark.parametrize(
    "words",
    [
        "ls --runs-dir {runs}",
        "ls --runs-dir {runs} --where width==4",
        "show {run}",
        "show {run} --table training",
        "compare {run} {run}",
        "verify {run}",
        "gc --runs-dir {runs} --interrupted",
        "report --list",
        "report training --runs-dir {runs}",
        "report training --runs-dir {runs} --out {out}",
        "archive {run} --to {out}",
        "export {run} --to csv --out {out}",
        "export {run} --to duckdb-view --out {out}",
    ],
)
def test_a_command_that_only_reads_loads_no_torch(run: Run, tmp_path: Path, words: str) -> None:
    arguments = [word.format(run=run.path, runs=run.path.parent, out=tmp_path) for word in words.split()]
    ended = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert ended.stdout.splitlines()[-1:] == ["False"], ended.stdout + ended.stderr
