"""Files that appear whole or not at all."""

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geomgen.errors import DataError, DiskError

REMEDIES = {
    errno.ENOSPC: "Free some space, or choose another folder.",
    errno.EDQUOT: "Free some space, or choose another folder.",
    errno.EFBIG: "Raise the limit on file size (ulimit -f), or choose another folder.",
    errno.EACCES: "Give yourself permission, or choose another folder.",
    errno.EPERM: "Give yourself permission, or choose another folder.",
    errno.EROFS: "The file system is read-only: choose another folder.",
}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system refuses into an error that names the path and what to do.

    Raises:
        DiskError: For every OSError inside the block.
    """
    try:
        yield
    except OSError as error:
        remedy = REMEDIES.get(error.errno or 0, "Check the disk, or choose another folder.")
        raise DiskError(f"{path}: {error.strerror or error}.", remedy) from error


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Make a file appear whole: written under a hidden name in the same folder, flushed to disk, then renamed.

    Args:
        path: Where the file shall stand; an earlier one is replaced.
        write: Writes the content to the path that it is given.

    Raises:
        DiskError: If the disk refuses; an earlier file is then as it was.
    """
    with disk_errors(path):
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            write(partial)
            sync(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        sync(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value as a whole file."""
    content = json.dumps(value, indent=2) + "\n"
    write_file(path, lambda partial: partial.write_text(content))


def read_json(path: Path) -> Any:
    """Return the JSON value of a file.

    Raises:
        DataError: If it is not JSON.
        DiskError: If it cannot be read.
    """
    with disk_errors(path):
        content = path.read_bytes()
    try:
        return json.loads(content)
    except ValueError as error:
        raise DataError(
            f"{path} is damaged: it is not JSON ({error}).", "Restore it from a copy, or run it again."
        ) from error


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's listing, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with disk_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
