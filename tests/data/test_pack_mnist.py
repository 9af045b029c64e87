"""Packing is lossless and gives the same bytes every time."""

from pathlib import Path

import torch

from geomgen.data.dataset import Dataset, Split
from geomgen.data.mnist import read_mnist
from geomgen.data.pack_mnist import pack


def make_split(n: int) -> Split:
    images = torch.randint(256, (n, 1, 28, 28), generator=torch.Generator().manual_seed(n)).to(torch.uint8)
    return Split(images, torch.arange(n) % 10)


def test_packing_is_lossless_and_deterministic(tmp_path: Path) -> None:
    dataset = Dataset.from_splits("toy", make_split(25), make_split(7))
    digest = pack(dataset, tmp_path / "a.parquet")
    assert read_mnist(tmp_path / "a.parquet", digest).sha256 == dataset.sha256
    assert pack(dataset, tmp_path / "b.parquet") == digest
