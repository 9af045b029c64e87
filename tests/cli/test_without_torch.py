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
for line in sys.argv[1:]:
    sys.argv = ["geomgen", *line.split()]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
    print("\\n" + line, "torch" in sys.modules, sep="\\n")
"""
COMMANDS = (
    "ls --runs-dir {runs}",
    "ls --runs-dir {runs} --where width==4",
    "show {run}",
    "show {run} --table training",
    "compare {run} {run}",
    "verify {run}",
    "gc --runs-dir {runs} --interrupted",
    "report --list",
    "explain",
    "explain tangent_kernel.condition_number",
    "report training --runs-dir {runs}",
    "report training --runs-dir {runs} --where width==4",
    "report training --runs-dir {runs} --out {out}",
    "archive {run} --to {out}",
    "export {run} --to csv --out {out}",
    "export {run} --to duckdb-view --out {out}",
)
VOLUME = {(state, "data"): 1.0 for state in ("initial", "final")}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    maker = RunMaker(tmp_path_factory.mktemp("runs"))
    made = maker(VOLUME, epochs_done=2, status="unfinished", width=4)
    made.save_state("final", {"w": torch.arange(50.0), "h": torch.ones(3).bfloat16()}, {"step": 1})
    made.finish("complete")
    return made


def test_commands_that_only_read_load_no_torch(run: Run, tmp_path: Path) -> None:
    lines = [words.format(run=run.path, runs=run.path.parent, out=tmp_path) for words in COMMANDS]
    ended = subprocess.run([sys.executable, "-c", SCRIPT, *lines], capture_output=True, text=True, check=False)
    printed = ended.stdout.splitlines()
    has_torch = {line: printed[printed.index(line) + 1] for line in lines if line in printed}
    assert has_torch == dict.fromkeys(lines, "False"), ended.stderr
