"""Parameters in files of other programs: the same tensors from safetensors and from a pickle, which a child reads."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from geomgen.errors import DataError, DiskError
from geomgen.store.foreign import read_tensors

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([3])}


@pytest.mark.parametrize("name", ["s.safetensors", "s.pt", "s.pth", "s.bin"])
def test_both_kinds_give_the_same_tensors(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    save_file(STATE, path) if path.suffix == ".safetensors" else torch.save(STATE, path)
    found = read_tensors(path)
    assert found.keys() == STATE.keys()
    assert all(torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype for name, tensor in STATE.items())


def test_a_pickle_is_read_by_another_process_that_sees_neither_this_folder_nor_this_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise SystemExit('the wrong torch')")
    torch.save(STATE, tmp_path / "s.pt")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(torch, "load", None)
    assert read_tensors(Path("s.pt")).keys() == STATE.keys()


@pytest.mark.parametrize("name", ["s.safetensors", "s.pt"])
def test_a_damaged_file_is_bad_data(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x04nonsense")
    with pytest.raises(DataError, match=f"{name} (is not a whole|cannot be read by torch.load)") as error:
        read_tensors(tmp_path / name)
    assert "safetensors.torch.save_file" in error.value.remedy


def test_what_is_missing_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="No such file"):
        read_tensors(tmp_path / "s.pt")
    with pytest.raises(DataError, match="is neither a"):
        read_tensors(tmp_path / "s.npz")


def test_a_reader_that_dies_or_hangs_is_bad_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(STATE, tmp_path / "s.pt")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=-9, stderr=""))
    with pytest.raises(DataError, match="the process ended with code -9"):
        read_tensors(tmp_path / "s.pt")

    def hang(*_words: object, **_options: object) -> None:
        raise subprocess.TimeoutExpired("python", 1)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(DataError, match="was not read within"):
        read_tensors(tmp_path / "s.pt")
