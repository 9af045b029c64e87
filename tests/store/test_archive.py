"""An archived run keeps its tables and loses its checkpoints."""

from pathlib import Path

import pandas as pd
import pytest

from geomgen import open_run
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.errors import DataError
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
    with pytest.raises(DataError, match="has no state 'initial'"):
        volume(copy, VolumeConfig(data=str(data_file)))


def test_an_unfinished_run_is_not_archived(tmp_path: Path) -> None:
    run = create_run(tmp_path, "train", "x", {"arch": "mlp", "width": 4, "seed": 0}, {})
    with pytest.raises(DataError, match="is unfinished"):
        archive(run, tmp_path / "kept")
