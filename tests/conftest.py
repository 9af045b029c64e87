"""What all tests share: a tiny data set on disk, and a run of the command line in this process or in its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from geomgen.data.dataset import Dataset, Split

torch.set_num_threads(1)
Command = Callable[..., subprocess.CompletedProcess[str]]


def random_dataset(num_train: int = 256, num_test: int = 128, side: int = 6, num_classes: int = 4) -> Dataset:
    """Return images whose class can be learnt: brightness of one quarter, with noise."""
    source = torch.Generator().manual_seed(0)

    def split(size: int) -> Split:
        labels = torch.arange(size) % num_classes
        images = torch.randint(0, 100, (size, 1, side, side), generator=source, dtype=torch.uint8)
        images[torch.arange(size), 0, labels % side] += 120
        return Split(images, labels)

    return Dataset("random", split(num_train), split(num_test), num_classes)


@pytest.fixture
def dataset() -> Dataset:
    return random_dataset()


@pytest.fixture(scope="session")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An .npz file of the same images."""
    data, path = random_dataset(), tmp_path_factory.mktemp("data") / "random.npz"
    np.savez(
        path,
        x_train=data.train.images[:, 0].numpy(),
        y_train=data.train.labels.numpy(),
        x_test=data.test.images[:, 0].numpy(),
        y_test=data.test.labels.numpy(),
    )
    return path


@pytest.fixture(scope="session")
def geomgen() -> Command:
    """Run ``geomgen`` in a process of its own, with one thread."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GEOMGEN_")}

    def run(*arguments: object, timeout: float = 120, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "geomgen", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**environment, "NO_COLOR": "1", "COLUMNS": "100", "GEOMGEN_THREADS": "1", **extra},
            check=False,
        )

    return run
