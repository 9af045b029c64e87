"""Summaries of a folder's runs in one hidden file, so that ten thousand runs can be listed without opening them.

The file is a convenience: any process may delete it, and any that lists runs rewrites it. Runs take precedence over it:
an entry is valid only while the files that it was made from keep their inodes, sizes and times.
"""

import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from geomgen.errors import DiskError
from geomgen.store.description import SCHEMA_VERSION
from geomgen.store.files import write_bytes
from geomgen.store.layout import is_id, is_run
from geomgen.store.run import Run
from geomgen.store.summary import Stamp, Summary, about, stamps, summarise

NAME = ".index.json"
FORM = [2, SCHEMA_VERSION]
"""Version of the entries' format and of the runs they describe: to be raised with `Summary`."""
SETTLED_NS = 2 * 10**9
"""A file that changed this recently may change again with the same time, on a file system with coarse times."""
STALE_SHARE = 20
"""Written once one entry in this many is new: reading a few runs takes less time than writing all entries."""

Entry = dict[str, Any]


class Index:
    """The summaries of a folder's runs, from its index where that is up to date.

    Args:
        root: Folder of runs.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / NAME
        self._now_ns = time.time_ns()
        self._known = _read(self._path)
        self._seen: dict[str, Entry] = {}
        self._num_new = 0

    def summary(self, path: Path) -> Summary | None:
        """Return the summary of a directory that is not a link; None if it is not a run."""
        found = stamps(path)
        entry = self._known.get(path.name)
        if entry is None or entry["stamps"] != found:
            if not is_run(path):
                return None
            summary = summarise(path)
            if summary.is_sound and self._is_settled(found):
                self._seen[path.name] = {"stamps": found, "about": about(summary)}
                self._num_new += 1
            return summary
        self._seen[path.name] = entry
        return Summary(path, path.name if is_id(path.name) else Run(path).id, **entry["about"])

    def save(self) -> None:
        """Write the summaries, if enough of them are new; a disk that refuses does not matter."""
        if self._num_new * STALE_SHARE > len(self._seen):
            content = json.dumps({"form": FORM, "runs": self._seen}).encode()
            with suppress(DiskError):
                write_bytes(self._path, _digest(content) + b"\n" + content)

    def _is_settled(self, found: list[Stamp | None]) -> bool:
        return all(max(stamp[-2:]) < self._now_ns - SETTLED_NS for stamp in found if stamp)


def _read(path: Path) -> dict[str, Entry]:
    """Return the entries of an index; none if it is missing, damaged, or in another format."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
        found = json.loads(content) if digest == _digest(content) else {}
        return dict(found["runs"]) if found["form"] == FORM else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
