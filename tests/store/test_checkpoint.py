"""A checkpoint is what was saved, bit for bit, or an error."""

import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from geomgen.errors import DataError, DiskError
from geomgen.store.checkpoint import load_checkpoint, save_checkpoint


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


def test_every_flipped_bit_is_found(saved: Path) -> None:
    content = saved.read_bytes()
    source = random.Random(0)
    for _ in range(300):
        bit = source.randrange(8 * len(content))
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        saved.write_bytes(damaged)
        with pytest.raises(DataError, match=r"c.safetensors (is damaged|is not a whole checkpoint|was not written)"):
            load_checkpoint(saved)


def test_every_truncation_is_found(saved: Path) -> None:
    content = saved.read_bytes()
    for size in range(0, len(content), 7):
        saved.write_bytes(content[:size])
        with pytest.raises(DataError, match=r"c.safetensors"):
            load_checkpoint(saved)


def test_foreign_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"w": torch.ones(3)}, path)
    with pytest.raises(DataError, match="was not written by geomgen"):
        load_checkpoint(path)
    torch.save({"w": torch.ones(3)}, path)
    with pytest.raises(DataError, match="not a whole checkpoint"):
        load_checkpoint(path)
    with pytest.raises(DiskError, match="No such file"):
        load_checkpoint(tmp_path / "missing.safetensors")
