"""What a run was asked to do reads back, is guarded by a digest, and keeps the meaning of earlier forms."""

import json
from pathlib import Path

import pytest

from geomgen.errors import DataError
from geomgen.store.description import read_description, write_description
from geomgen.store.files import write_signed

ID = "20261121T201500Z-train-mlp-w8-s0-abc123"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def test_it_reads_back(path: Path) -> None:
    write_description(path, ID, "train", {"width": 3}, {"data_sha256": "0"})
    found = read_description(path)
    told = {"id": ID, "experiment": "train", "config": {"width": 3}, "facts": {"data_sha256": "0"}}
    assert {name: found[name] for name in told} == told


def test_a_changed_option_is_noticed(path: Path) -> None:
    write_description(path, ID, "train", {"width": 3}, {})
    path.write_text(path.read_text().replace('"width": 3', '"width": 4'))
    with pytest.raises(DataError, match=r"config\.json is damaged"):
        read_description(path)


def test_the_first_schema_had_no_digest_and_one_file_of_code(path: Path) -> None:
    content = {"schema": 1, "experiment": "train", "config": {"arch": "my.nets:Net"}, "facts": {"arch_sha256": "ab"}}
    path.write_text(json.dumps(content))
    assert read_description(path)["facts"] == {"code_sha256": {"my/nets.py": "ab"}}


def test_the_second_schema_had_no_id(path: Path) -> None:
    content = {"schema": 2, "experiment": "train", "config": {}, "facts": {}}
    write_signed(path, content)
    assert read_description(path) == content


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 99}, {"schema": 2}, {"config": []}, {"experiment": 3}, {"colour": "red"}, {"facts": None},
        {"id": "../other"}, {"id": 3}, {"id": f"../{ID}"},
        {"id": "20261121T201500Z-../../x-abc123"},
    ],
)  # fmt: skip
def test_another_form_is_refused(path: Path, changes: dict[str, object]) -> None:
    write_signed(path, {"schema": 3, "id": ID, "experiment": "train", "config": {}, "facts": {}, **changes})
    with pytest.raises(
        DataError, match=r"does not describe a run of schema 3\. Use the version of geomgen that made this run"
    ):
        read_description(path)
