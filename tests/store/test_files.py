"""Files appear whole or not at all, whatever call fails."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from geomgen.errors import DataError, DiskError
from geomgen.store.files import portable, read_json, read_toml, sha256, write_file, write_json


def _write(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


def test_replaces_whole_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_file(path, _write("one"))
    write_file(path, _write("two"))
    assert path.read_text() == "two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("function", "code", "message"),
    [
        ("os.fsync", errno.ENOSPC, "No space left on device. Free some space"),
        ("os.fsync", errno.EIO, "Input/output error. Check the disk"),
        ("pathlib.Path.replace", errno.EACCES, "Permission denied. Give yourself permission"),
        ("pathlib.Path.write_text", errno.EROFS, "Read-only file system. The file system is read-only"),
    ],
)
def test_a_failing_call_is_named_and_the_earlier_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, code: int, message: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")

    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(function, refuse)
    with pytest.raises(DiskError, match=f"a.txt: {message}"):
        write_file(path, _write("after"))
    monkeypatch.undo()
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_temporary_name_is_hidden(tmp_path: Path) -> None:
    seen: list[str] = []

    def write(path: Path) -> None:
        path.write_text("x")
        seen.extend(entry.name for entry in tmp_path.iterdir())

    write_file(tmp_path / "a.parquet", write)
    assert len(seen) == 1
    assert seen[0].startswith(".")
    assert not seen[0].endswith(".parquet")


def test_json_round_trip_and_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": [1, None]})
    assert read_json(path) == {"a": [1, None]}
    path.write_bytes(b"\xff{")
    with pytest.raises(DataError, match=r"a.json is damaged: it is not JSON"):
        read_json(path)
    with pytest.raises(DiskError, match="No such file"):
        read_json(tmp_path / "b.json")


def test_sha256_is_that_of_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_only_the_last_part_of_an_absolute_path_goes_to_another_machine() -> None:
    value = {"data": "/home/me/d.npz", "steps": ["100=/home/me/a b.pt", "200=b.pt"], "note": "x=y/z", "width": 3}
    assert portable(value) == {"data": "d.npz", "steps": ["100=a b.pt", "200=b.pt"], "note": "x=y/z", "width": 3}


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        ("width = 3\nlr = .001", "Write 0.001 in place of .001."),
        ("lr = [1e-3, -.5]", "Write -0.5 in place of -.5."),
        ("lr = 1.", "Write 1.0 in place of 1.."),
        ("arch = mlp", 'Write "mlp" in place of mlp.'),
        ("data = /home/me/d.npz", 'Write "/home/me/d.npz" in place of /home/me/d.npz.'),
        ("width 3", "Correct that line."),
        ("a = 1\na = 2", "Correct that line."),
    ],
)
def test_what_is_no_toml_is_told_as_it_would_be(tmp_path: Path, content: str, remedy: str) -> None:
    (tmp_path / "a.toml").write_text(content)
    with pytest.raises(DataError, match=r"--config a\.toml is not TOML: .*at line") as error:
        read_toml(tmp_path / "a.toml", "--config a.toml")
    assert error.value.remedy == remedy


def test_toml_may_begin_with_the_mark_of_an_editor(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes("width = 3".encode("utf-8-sig"))
    assert read_toml(tmp_path / "a.toml", "a") == {"width": 3}
    (tmp_path / "a.toml").write_bytes("width = 3".encode("utf-16"))
    with pytest.raises(DataError, match="Save it as UTF-8"):
        read_toml(tmp_path / "a.toml", "a")


def test_a_folder_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(DiskError, match=f"No such file or directory. {run} was removed or renamed meanwhile"):
        write_json(run / "tables" / "a.json", 1)
    with pytest.raises(DiskError, match=r"No such file or directory\. Check the disk"):
        read_json(tmp_path / "a.json")
