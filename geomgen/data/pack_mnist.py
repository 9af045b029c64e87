"""Pack the four IDX files of MNIST into the Parquet file of the package, losslessly.

Run as ``python -m geomgen.data.pack_mnist FOLDER_OF_IDX_FILES OUTPUT.parquet``; it takes two minutes. The same version
of pyarrow writes the same bytes. The digest that it prints belongs in ``geomgen.data.mnist.SHA256``.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from geomgen.data.dataset import Dataset
from geomgen.data.idx import read_idx_folder


def pack(dataset: Dataset, path: Path) -> str:
    """Write a data set of one-channel images as Parquet, the training split first.

    Args:
        dataset: Images ``(n, 1, height, width)``, uint8, and labels below 256.
        path: The file to write.

    Returns:
        The SHA-256 of the file.
    """
    splits = (dataset.train, dataset.test)
    image_size = dataset.train.images[0].numel()
    images = [row.tobytes() for split in splits for row in split.images.numpy()]
    labels = [label for split in splits for label in split.labels.tolist()]
    names = ["train"] * len(dataset.train) + ["test"] * len(dataset.test)
    table = pa.table({
        "image": pa.array(images, pa.binary(image_size)),
        "label": pa.array(labels, pa.uint8()),
        "split": pa.array(names, pa.dictionary(pa.int8(), pa.string())),
    })
    # With one page per column brotli sees all images at once, which makes the file smallest.
    pq.write_table(
        table,
        path,
        row_group_size=len(table),
        data_page_size=100 << 20,
        compression="brotli",
        compression_level=11,
        use_dictionary=["split"],
        write_statistics=False,
    )
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Pack the folder named on the command line."""
    parser = argparse.ArgumentParser(description="Pack the four IDX files of MNIST into one Parquet file.")
    parser.add_argument("folder", type=Path, help="folder of IDX files")
    parser.add_argument("output", type=Path, help="Parquet file to write")
    arguments = parser.parse_args()
    sys.stdout.write(f"{pack(read_idx_folder(arguments.folder), arguments.output)}\n")


if __name__ == "__main__":
    main()
