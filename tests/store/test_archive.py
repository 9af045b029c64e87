"""An archived run keeps its tables and loses its checkpoints."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from geomgen import open_run
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.errors import DataError, UsageError
from geomgen.experiments.train import train
from geomgen.experiments.volume import volume
from geomgen.store.archive import archive
from geomgen.store.run import create_run


def test_tables_are_whole_and_checkpoints_are_gone(data_file: Path, tmp_path: Path) -> None:
    run = train(TrainConfig(data=str(data_file), width=4, epochs=1, threads=1), tmp_path / "runs")
    archive(run, tmp_path / "kept")
    volume(run, VolumeConfig(threads=1))
    copy = open_run(archive(run, tmp_path / "kept").path)
    for table in ("training", "activation_volume"):
        pd.testing.assert_frame_equal(copy.table(table), run.table(table))
    assert (copy.id, copy.status, copy.states) == (run.id, "complete", [])
    assert copy.config == {**run.config, "data": data_file.name}
    assert copy.manifest is not None
    there = {str(path.relative_to(copy.path)) for path in copy.path.rglob("*") if path.is_file()}
    assert there == {*copy.manifest.files, "manifest.json"}
    with pytest.raises(DataError, match="is an archive: it has no checkpoints for volume to measure"):
        volume(copy, VolumeConfig(data=str(data_file)))


def _content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_nothing_that_has_more_is_written_over(data_file: Path, tmp_path: Path) -> None:
    run = train(TrainConfig(data=str(data_file), width=4, epochs=1, threads=1), tmp_path / "runs")
    (tmp_path / "linked").symlink_to(run.runs_dir)
    shutil.copytree(run.runs_dir, tmp_path / "copied")
    (tmp_path / "other" / run.id).mkdir(parents=True)
    (tmp_path / "other" / run.id / "notes.txt").write_text("mine")
    archive(run, tmp_path / "measured")
    volume(run, VolumeConfig(threads=1))
    volume(open_run(tmp_path / "copied" / run.id), VolumeConfig(threads=1, rule=("full",)))
    archive(run, tmp_path / "measured")
    before = _content(tmp_path)
    for folder, words in (
        ("runs", "it is the run itself"),
        ("linked", "it is the run itself"),
        ("copied", r"it has checkpoints/final\.safetensors"),
        ("other", "it is something else"),
    ):
        with pytest.raises(UsageError, match=f"is not written over: {words}"):
            archive(run, tmp_path / folder)
    with pytest.raises(UsageError, match="it has a later measurement of volume"):
        archive(open_run(tmp_path / "copied" / run.id), tmp_path / "measured")
    with pytest.raises(UsageError, match=f"--to .* is in the run {run.id}"):
        archive(run, run.path / "tables")
    assert _content(tmp_path) == before


def test_an_archive_that_was_killed_is_completed(data_file: Path, tmp_path: Path) -> None:
    run = train(TrainConfig(data=str(data_file), width=4, epochs=1, threads=1), tmp_path / "runs")
    copy = archive(run, tmp_path / "kept")
    (copy.path / "manifest.json").unlink()
    (copy.path / "tables" / "training.parquet").unlink()
    assert archive(run, tmp_path / "kept").table("training").equals(run.table("training"))


def test_an_unfinished_run_is_not_archived(tmp_path: Path) -> None:
    run = create_run(tmp_path, "train", "x", {"arch": "mlp", "width": 4, "seed": 0}, {})
    with pytest.raises(DataError, match="is unfinished"):
        archive(run, tmp_path / "kept")
