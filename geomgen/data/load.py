"""One name or path for every data set that geomgen reads."""

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from geomgen.data.dataset import Dataset
from geomgen.data.digits import BUNDLED as DIGITS
from geomgen.data.digits import read_digits
from geomgen.data.idx import read_idx_folder
from geomgen.data.mnist import BUNDLED as MNIST
from geomgen.data.mnist import read_mnist
from geomgen.data.modular_addition import NAME as MODULAR_ADDITION
from geomgen.data.modular_addition import is_modular_addition, read_modular_addition
from geomgen.data.npz import read_npz
from geomgen.data.transforms import of_classes, pooled
from geomgen.errors import DataError

READERS = {"mnist": (MNIST, read_mnist), "digits": (DIGITS, read_digits)}
"""The file and the reader of each data set that is part of the package."""
BUNDLED_NAMES = tuple(READERS)
Signature = tuple[str, int, int, int]


def load_dataset(source: str, pool: int = 1, classes: int | None = None) -> Dataset:
    """Load a data set; the network is never used and nothing is unpickled.

    The most recent ones are cached with their digests: a cell of a sweep needs its data for its run and for each
    measure. So their tensors must not be changed in place.

    Args:
        source: ``mnist`` or ``digits`` (part of the package), ``modular-addition:P`` (computed), a folder of IDX files,
            or an ``.npz`` file.
        pool: Side of the squares by which images are average-pooled; 1 for the images as they are.
        classes: Number of classes, from the first, whose images are kept; None for all.

    Returns:
        The checked data set.

    Raises:
        DataError: If ``source`` is none of these, or what it names is damaged.
        UsageError: If P is too small or too large, ``pool`` does not divide the images, or there are fewer classes.
    """
    path = READERS[source][0] if source in READERS else Path(source)
    signatures = tuple(map(_signature, [path, *(sorted(path.iterdir()) if path.is_dir() else [])]))
    return _prepared(source, signatures, pool, classes)


@lru_cache(maxsize=4)
def _prepared(source: str, signatures: tuple[Signature, ...], pool: int, classes: int | None) -> Dataset:
    dataset = _loaded(source, signatures)
    dataset = dataset if classes is None else of_classes(dataset, classes)
    return dataset if pool == 1 else pooled(dataset, pool)


@lru_cache(maxsize=4)
def _loaded(source: str, _signatures: tuple[Signature, ...]) -> Dataset:
    """Load a data set, or return the cached one as long as none of its files has changed."""
    if source in READERS:
        return READERS[source][1]()
    if is_modular_addition(source):
        return read_modular_addition(source)
    path = Path(source)
    if path.is_dir():
        return read_idx_folder(path)
    if path.is_file() and path.suffix == ".npz":
        return read_npz(path)
    raise DataError(_problem(path, source), _remedy(source))


def remarks(source: str) -> list[str]:
    """Return what to know about a data set before working with it, besides what `load_dataset` refuses."""
    own = [] if _comes_with_geomgen(source) else load_dataset(source).remarks
    return [*filter(None, [shadowed(source)]), *own]


def shadowed(source: str) -> str:
    """Return a sentence on a folder here that has the name of a data set of the package; empty if there is none."""
    if not _comes_with_geomgen(source) or not Path(source).is_dir():
        return ""
    return f"'{source}' is the data set that comes with geomgen; the folder here is --data ./{source}."


def is_dataset(source: str) -> bool:
    """Return whether a data set of that name, or a file or folder at that path, is there."""
    return _comes_with_geomgen(source) or Path(source).exists()


def _comes_with_geomgen(source: str) -> bool:
    return source in BUNDLED_NAMES or is_modular_addition(source)


def _signature(path: Path) -> Signature:
    """Return what differs when a file has changed: its inode, size and time of change; zeros if it is missing."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return str(path), 0, 0, 0
    return str(path), status.st_ino, status.st_size, status.st_mtime_ns


def absolute_source(source: str) -> str:
    """Return a data set's name, or its absolute path."""
    return source if _comes_with_geomgen(source) else str(Path(source).resolve())


def _problem(path: Path, source: str) -> str:
    if path.exists():
        return f"{source} is neither a folder nor an .npz file."
    return f"There is no data set, folder or file named {source!r}."


def _remedy(source: str) -> str:
    close = get_close_matches(source.lower(), [*BUNDLED_NAMES, MODULAR_ADDITION])
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Give 'mnist', 'digits', '{MODULAR_ADDITION}:P', a folder of IDX files, or an .npz file."
