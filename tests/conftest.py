"""What all tests share: a tiny data set on disk, and a run of the command line in this process or in its own."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import hypothesis
import numpy as np
import pytest
import torch

from geomgen.cli.app import main
from geomgen.data.dataset import Dataset, Split

torch.set_num_threads(1)
# A busy machine is no fault of the code.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


class Finished(NamedTuple):
    """How a command ended: exit code, what it wrote, and the words of what it wrote to standard error."""

    returncode: int
    stdout: str
    stderr: str
    said: str


Command = Callable[..., Finished]


def random_dataset(num_train: int = 256, num_test: int = 128, side: int = 6, num_classes: int = 4) -> Dataset:
    """Return images whose class can be learnt: brightness of one quarter, with noise."""
    source = torch.Generator().manual_seed(0)

    def split(size: int) -> Split:
        labels = torch.arange(size) % num_classes
        images = torch.randint(0, 100, (size, 1, side, side), generator=source, dtype=torch.uint8)
        images[torch.arange(size), 0, labels % side] += 120
        return Split(images, labels)

    return Dataset("random", split(num_train), split(num_test), num_classes)


def save_dataset(dataset: Dataset, path: Path) -> None:
    """Write images of one channel as an .npz file."""
    np.savez(
        path,
        x_train=dataset.train.images[:, 0].numpy(),
        y_train=dataset.train.labels.numpy(),
        x_test=dataset.test.images[:, 0].numpy(),
        y_test=dataset.test.labels.numpy(),
    )


@pytest.fixture
def dataset() -> Dataset:
    return random_dataset()


@pytest.fixture(scope="session")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An .npz file of the same images."""
    path = tmp_path_factory.mktemp("data") / "random.npz"
    save_dataset(random_dataset(), path)
    return path


@pytest.fixture
def geomgen(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run ``geomgen`` in this process, with one thread and no colour."""

    def run(*arguments: object, stdin: str = "", **environment: str) -> Finished:
        for name, value in {"NO_COLOR": "1", "COLUMNS": "200", "GEOMGEN_THREADS": "1", **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["geomgen", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capsys.readouterr()
        words = " ".join(captured.err.replace("│", " ").split())
        return Finished(int(exit_.value.code or 0), captured.out, captured.err, words)

    return run
