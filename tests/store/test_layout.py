"""The layout of a run directory, and when a run was made by its name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from geomgen.store.layout import is_run, moment_of, state_file, table_file


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("20261121T201500Z-train-mlp-w512-s0-3fa9c1", datetime(2026, 11, 21, 20, 15, tzinfo=UTC)),
        ("20261321T201500Z-train", None),
        ("0001-20261121T201500Z-train", None),
        ("train", None),
    ],
)
def test_the_name_says_when(name: str, moment: datetime | None) -> None:
    assert moment_of(name) == moment


@pytest.mark.parametrize("file", ["config.json", "manifest.json"])
def test_a_folder_with_a_description_or_a_manifest_is_a_run(tmp_path: Path, file: str) -> None:
    assert not is_run(tmp_path)
    (tmp_path / file).write_text("{}")
    assert is_run(tmp_path)
    assert not is_run(tmp_path / file)


def test_files_are_named_by_what_they_hold() -> None:
    assert (table_file("training"), state_file("step-000016")) == (
        "tables/training.parquet", "checkpoints/step-000016.safetensors",
    )  # fmt: skip
