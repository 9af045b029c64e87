"""Other programs read the runs: CSV to the last digit, DuckDB through views, and errors that say what to do."""

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from geomgen.errors import DataError, DiskError, UsageError
from geomgen.experiments.export import TARGETS, export
from geomgen.fields import column
from geomgen.store.run import Run, create_run
from tests.conftest import Command
from tests.report.made_up_runs import training_row


@dataclass(frozen=True)
class Row:
    """A row of columns."""

    word: str = column("Word.", key=True)
    count: int = column("Count.")


@dataclass(frozen=True)
class WiderRow(Row):
    """A row with one column more."""

    extra: int = column("More.")


def _made(root: Path, seed: int = 0, status: str = "complete") -> Run:
    run = create_run(root, "train", "x", {"arch": "mlp", "width": 4, "seed": seed, "lr": 0.1 + 0.2, "data": "a'b"}, {})
    run.add_rows("training", [training_row(epoch, 1 / (3 + seed + epoch)) for epoch in (2, 1)])
    run.add_rows("counts", [Row("=1+1", 2**53 + 1)] if seed == 0 else [WiderRow("b", 2, 2**53 + 1)])
    if status:
        run.finish(status)
    return run


def test_csv_has_the_rows_of_all_runs_to_the_last_digit_and_no_formulas(tmp_path: Path) -> None:
    runs = [_made(tmp_path / "runs", seed) for seed in (0, 1)]
    files = export([*runs, runs[0]], "csv", tmp_path / "new" / "out")
    assert [path.name for path in files] == ["counts.csv", "training.csv"]
    assert files[0].read_text().splitlines() == [
        "run_id,seed,arch,width,word,count,extra",
        f"{runs[0].id},0,mlp,4,'=1+1,{2**53 + 1},",
        f"{runs[1].id},1,mlp,4,b,2,{2**53 + 1}",
    ]
    rows = pd.concat([run.table("training") for run in runs], ignore_index=True)
    pd.testing.assert_frame_equal(pd.read_csv(files[1]), rows, check_exact=True)


def test_two_runs_of_one_id_are_never_taken_for_one_unless_they_are_equal(tmp_path: Path) -> None:
    run = _made(tmp_path / "runs")
    copy = Run(shutil.copytree(run.path, tmp_path / "copied" / run.id))
    assert export([run, copy], "csv", tmp_path / "out")
    copy.add_rows("counts", [Row("more", 1)])
    with pytest.raises(UsageError, match=f"are both {run.id}, but with other tables"):
        export([run, copy], "csv", tmp_path / "out")
    with pytest.raises(UsageError, match="is in the run"):
        export([run], "csv", run.path / "tables")


@pytest.mark.parametrize("folder", ["runs", "it's [a]*? {b} width=3/ü"])
def test_duckdb_reads_the_runs_through_views(tmp_path: Path, folder: str) -> None:
    runs = [_made(tmp_path / folder, seed) for seed in (0, 1)]
    _made(tmp_path / folder, 2)
    (file,) = export(runs, "duckdb-view", tmp_path)
    with closing(duckdb.connect()) as database:
        for _ in range(2):  # views that there are already are replaced
            database.execute(file.read_text())
        read = database.execute("SELECT * FROM training ORDER BY seed, epoch").df()
        counts = database.execute("SELECT * EXCLUDE run_id FROM counts ORDER BY seed").fetchall()
    expected = pd.concat([run.table("training").sort_values("epoch") for run in runs], ignore_index=True)
    pd.testing.assert_frame_equal(read, expected, check_exact=True, check_dtype=False)
    assert counts == [(0, "mlp", 4, "=1+1", 2**53 + 1, None), (1, "mlp", 4, "b", 2, 2**53 + 1)]


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_written_of_an_unfinished_or_damaged_run(tmp_path: Path, target: str) -> None:
    sound, unfinished, damaged = (_made(tmp_path / "runs", status=status) for status in ("complete", "", "complete"))
    with pytest.raises(DataError, match="is unfinished"):
        export([sound, unfinished], target, tmp_path / "out")
    for name in damaged.tables:
        path = damaged.path / "tables" / f"{name}.parquet"
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match="damaged"):
        export([sound, damaged], target, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_way_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(DiskError, match="out"):
        export([_made(tmp_path / "runs")], "csv", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_the_command_prints_the_files_and_refuses_other_targets(geomgen: Command, tmp_path: Path) -> None:
    run = _made(tmp_path / "runs")
    result = geomgen("export", run.path, "--to", "csv", "--out", tmp_path / "out")
    assert (result.returncode, result.stdout.split()) == (0, sorted(map(str, (tmp_path / "out").iterdir())))
    refused = geomgen("export", run.path, "--to", "excel", "--out", tmp_path / "out")
    assert refused.returncode == 2
    assert "Choose one of: csv, duckdb-view, tensorboard, mlflow." in refused.said
