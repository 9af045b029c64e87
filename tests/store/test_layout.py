"""The layout of a run directory, and when a run was made by its name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from geomgen.store.layout import is_run, moment_of, new_path, state_file, stems, table_file


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


def test_a_new_path_says_when_and_what_and_is_later_than_all_others(tmp_path: Path) -> None:
    (tmp_path / "29991231T235959Z-train-x-000000").mkdir()
    path = new_path(tmp_path, "regress rff", "../s 0")
    assert path.parent == tmp_path
    assert path.name.startswith("30000101T000000Z-regress-rff-..-s-0-")
    assert path != new_path(tmp_path, "regress rff", "../s 0")


def test_files_of_a_kind_are_listed_without_hidden_ones(tmp_path: Path) -> None:
    assert stems(tmp_path, table_file("")) == []
    for name in ("tables/a.parquet", "tables/.b.parquet", "tables/c.json", "tables/d.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert sorted(stems(tmp_path, table_file(""))) == ["a", "d"]
