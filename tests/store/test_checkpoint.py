"""A checkpoint is what was saved, bit for bit, or an error."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from geomgen.errors import DataError, DiskError
from geomgen.store.checkpoint import TORCH_NAMES, load_checkpoint, read_through, save_checkpoint

READERS = pytest.mark.parametrize("read", [load_checkpoint, read_through])
"""Both must say the same of every file: one of them knows no torch."""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "c.safetensors"
    source = torch.Generator().manual_seed(0)
    tensors = {"b": torch.randn(3, 5, generator=source), "a": torch.tensor(2.0), "h": torch.ones(4).bfloat16()}
    save_checkpoint(path, tensors, {"step": 3, "nan": float("nan")})
    return path


def test_round_trip(saved: Path) -> None:
    tensors, about = load_checkpoint(saved)
    assert {name: tuple(tensor.shape) for name, tensor in tensors.items()} == {"a": (), "b": (3, 5), "h": (4,)}
    assert about["step"] == 3


def test_the_bytes_depend_on_the_content_alone(saved: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.safetensors"
    save_checkpoint(again, *load_checkpoint(saved))
    assert again.read_bytes() == saved.read_bytes()


def test_every_type_of_number_is_read_through_as_torch_names_it(tmp_path: Path) -> None:
    types = [getattr(torch, name.removeprefix("torch.")) for name in TORCH_NAMES.values()]
    save_checkpoint(tmp_path / "c", {str(dtype): torch.ones(2, 3).to(dtype) for dtype in types}, {})
    assert load_checkpoint(tmp_path / "c").tensors.keys() == {str(dtype) for dtype in types}
    read_through(tmp_path / "c")


def test_an_empty_tensor_and_a_number_are_read_through(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c", {"none": torch.empty(0, 3), "one": torch.tensor(1.5), "é": torch.ones(1)}, {})
    read_through(tmp_path / "c")


@READERS
def test_every_flipped_bit_is_found(saved: Path, read: Callable[[Path], object]) -> None:
    content = saved.read_bytes()
    source = random.Random(0)
    for _ in range(300):
        bit = source.randrange(8 * len(content))
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        saved.write_bytes(damaged)
        with pytest.raises(DataError, match=r"c.safetensors (is damaged|is not a whole checkpoint|was not written)"):
            read(saved)


@READERS
def test_every_truncation_is_found(saved: Path, read: Callable[[Path], object]) -> None:
    content = saved.read_bytes()
    for size in range(0, len(content), 7):
        saved.write_bytes(content[:size])
        with pytest.raises(DataError, match=r"c.safetensors"):
            read(saved)


@READERS
def test_foreign_files_are_named(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"w": torch.ones(3)}, path)
    with pytest.raises(DataError, match="was not written by geomgen"):
        read(path)
    torch.save({"w": torch.ones(3)}, path)
    with pytest.raises(DataError, match="not a whole checkpoint"):
        read(path)
    with pytest.raises(DiskError, match="No such file"):
        read(tmp_path / "missing.safetensors")
