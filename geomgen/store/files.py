"""Files that appear whole or not at all."""

import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any

from geomgen.errors import DataError, DiskError, UsageError

TEMPORARY = ".partial"
DIGEST = "sha256"
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
INDENTATION = re.compile(rb"\n *")
NAMED = re.compile(r"\w+=/")
CORRECTIONS = (
    (r"[=\[,]\s*(([+-]?)(\.\d+))", r"\g<2>0\g<3>"),
    (r"[=\[,]\s*([+-]?\d+\.)(?!\d)", r"\g<1>0"),
    (r"[=\[,]\s*([A-Za-z_/~][^\s,\]\"'=]*)", r'"\g<1>"'),
)
"""What people write for numbers and texts, and TOML."""
REMEDY = "Restore it from a copy, or run it again."
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
    """Turn an error of the operating system into one that names the path and what to do.

    Raises:
        DiskError: For every OSError inside the block.
    """
    try:
        yield
    except OSError as error:
        remedy = REMEDIES.get(error.errno or 0, "Check the disk, or choose another folder.")
        raise DiskError(f"{path}: {error.strerror or error}.", where_it_went(path) or remedy) from error


def where_it_went(path: Path) -> str:
    """Return what to do about a file whose folder is gone; empty if it is there."""
    gone = [folder for folder in path.absolute().parents if not os.path.lexists(folder)]
    return f"{gone[-1]} was removed or renamed meanwhile: leave it in place, and start again." if gone else ""


def temporary(path: Path) -> Path:
    """Return a unique hidden name next to a path, for a file that is not complete yet."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}")


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Make a file appear whole: written under a hidden name in the same folder, flushed to disk, then renamed.

    Args:
        path: Path of the file; an earlier one is replaced.
        write: Writes the content to the given path.

    Raises:
        DiskError: If the disk refuses; an earlier file is then unchanged.
    """
    with disk_errors(path):
        partial = temporary(path)
        try:
            write(partial)
            sync(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        sync(path.parent)


def read_toml(path: Path, name: str) -> dict[str, Any]:
    """Return the content of a TOML file that a user wrote.

    Args:
        path: The file.
        name: Name of the file in an error.

    Raises:
        UsageError: If it cannot be read.
        DataError: If it is not TOML.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}.", "Name a TOML file that exists.") from error
    except ValueError as error:
        raise DataError(f"{name} is not TOML: {error}.", "Save it as UTF-8.") from error
    try:
        return tomllib.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name} is not TOML: {error}.", _correction(content, str(error))) from error


def _correction(content: str, problem: str) -> str:
    """Return what to write in the line that a problem with TOML names."""
    found = re.search(r"at line (\d+)", problem)
    lines = content.splitlines()[int(found[1]) - 1 :][:1] if found else []
    for pattern, written in CORRECTIONS:
        if lines and (wrong := re.search(pattern, lines[0])):
            return f"Write {wrong.expand(written)} in place of {wrong[1]}."
    return "Correct that line."


def write_text(path: Path, content: str) -> None:
    """Write a whole file of text, every character unchanged.

    Raises:
        DiskError: If the disk refuses.
    """
    write_file(path, lambda partial: partial.write_text(content, encoding="utf-8", newline=""))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file of bytes.

    Raises:
        DiskError: If the disk refuses.
    """
    write_file(path, lambda partial: partial.write_bytes(content))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value as a whole file."""
    write_text(path, _serialised(value))


def _serialised(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def read_json(path: Path) -> Any:
    """Return the JSON value of a file.

    Raises:
        DataError: If it is not JSON.
        DiskError: If it cannot be read.
    """
    with disk_errors(path):
        return _parsed(path, path.read_bytes())


def _parsed(path: Path, content: bytes) -> Any:
    try:
        value = json.loads(content)
        if SURROGATE.search(content):
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be printed
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged: it is not JSON ({error}).", REMEDY) from error
    return value


def write_signed(path: Path, body: Mapping[str, Any]) -> None:
    """Write a JSON object as a whole file, with its own digest."""
    write_json(path, {**body, DIGEST: _digest(body)})


def read_signed(path: Path, *, exempt: Callable[[dict[str, Any]], bool] = lambda _body: False) -> dict[str, Any]:
    """Return what `write_signed` wrote, without the digest.

    Args:
        path: The file.
        exempt: Whether an object may lack its digest, as in files of an earlier version.

    Raises:
        DataError: If it is not a JSON object, does not match its digest, or is not written as `write_signed` would.
        DiskError: If it cannot be read.
    """
    with disk_errors(path):
        content = path.read_bytes()
    found = _parsed(path, content)
    if not isinstance(found, dict):
        raise DataError(f"{path} is damaged: it is not a JSON object.", REMEDY)
    body = {name: value for name, value in found.items() if name != DIGEST}
    is_signed = found.get(DIGEST) == _digest(body) and _is_serialised(content, found)
    if not is_signed and (DIGEST in found or not exempt(body)):
        raise DataError(f"{path} is damaged: it does not match its own SHA-256.", REMEDY)
    return body


def _is_serialised(content: bytes, value: Any) -> bool:
    """Return whether content is a value as `write_json` writes it, except for the indentation of its lines.

    Without indentation `json` is ten times as fast; and no text contains a line break, since it is escaped.
    """
    flat = json.dumps(value, separators=(",", ": ")).encode()
    return content.endswith(b"\n") and INDENTATION.sub(b"", content) == flat


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def portable(value: Any) -> Any:
    """Return a JSON value with only the last part of each absolute path, since folders differ between machines.

    The path may follow a name and ``=``.
    """
    if isinstance(value, str):
        name, sign, path = value.partition("=") if NAMED.match(value) else ("", "", value)
        return f"{name}{sign}{PurePath(path).name}" if PurePath(path).is_absolute() else value
    if isinstance(value, dict):
        return {name: portable(item) for name, item in value.items()}
    return [portable(item) for item in value] if isinstance(value, (list, tuple)) else value


def append_line(path: Path, line: str) -> None:
    """Append a line to a text file, all of it or nothing.

    Raises:
        DiskError: If the disk refuses; the file is then unchanged.
    """
    with disk_errors(path), path.open("ab", buffering=0) as file:
        end, content = file.tell(), f"{line}\n".encode()
        try:
            while content:
                content = content[file.write(content) :]
        except BaseException:
            file.truncate(end)
            raise


@contextmanager
def locked(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Keep other processes on this machine out of a folder; a dead process holds no lock.

    Args:
        folder: An existing folder; nothing is written to it.
        wait: Whether to wait until another process releases it.

    Raises:
        UsageError: If another process holds it and ``wait`` is false.
        DiskError: If it cannot be opened.
    """
    with disk_errors(folder):
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        raise UsageError(f"{folder.name} is in use by another process.", "Wait until that process has ended.") from None
    else:
        yield
    finally:
        os.close(descriptor)


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
