"""Pack the UCI digits into the Parquet file of the package, losslessly.

Run as ``python -m geomgen.data.pack_digits DIGITS.npz OUTPUT.parquet``, with arrays ``images`` ``(1797, 8, 8)`` from 0
to 16 and ``labels`` ``(1797,)`` in the published order. The digest that it prints belongs in
``geomgen.data.digits.SHA256``.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from geomgen.data.dataset import Dataset, Split
from geomgen.data.pack_mnist import pack

NUM_TRAIN = 1500


def read_published(path: Path) -> Dataset:
    """Return the digits as uint8 images, ``(n, 1, 8, 8)``: the first `NUM_TRAIN` for training, the others for testing.

    Args:
        path: An ``.npz`` file of ``images`` and ``labels``.
    """
    with np.load(path, allow_pickle=False) as arrays:
        images, labels = torch.from_numpy(arrays["images"]).unsqueeze(1), torch.from_numpy(arrays["labels"]).long()
    return Dataset.from_splits(
        "digits", Split(images[:NUM_TRAIN], labels[:NUM_TRAIN]), Split(images[NUM_TRAIN:], labels[NUM_TRAIN:])
    )


def main() -> None:
    """Pack the file named on the command line."""
    parser = argparse.ArgumentParser(description="Pack the UCI digits into one Parquet file.")
    parser.add_argument("source", type=Path, help=".npz file of images and labels")
    parser.add_argument("output", type=Path, help="Parquet file to write")
    arguments = parser.parse_args()
    sys.stdout.write(f"{pack(read_published(arguments.source), arguments.output)}\n")


if __name__ == "__main__":
    main()
