"""Summaries of the runs of a folder in one hidden file, so that ten thousand runs need not be opened to be listed.

The file is a convenience: any process may delete it, and any that lists runs writes it anew. It is never believed over
a run: an entry counts only while the files that it was made from have the inodes, sizes and times that they had then.
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
from geomgen.store.layout import is_run
from geomgen.store.summary import Stamp, Summary, about, stamps, summarise

NAME = ".index.json"
FORM = [2, SCHEMA_VERSION]
"""Version of what an entry says, and of the runs that it speaks of: to be raised with `Summary`."""
SETTLED_NS = 2 * 10**9
"""What has changed this shortly before may change again without a new time, on a file system with coarse ones."""
STALE_SHARE = 20
"""Written once one entry in so many is new: reading those few runs takes less than writing all entries."""

Entry = dict[str, Any]


class Index:
    """The summaries of a folder's runs, from its index as far as that is up to date.

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
        """Return the summary of a directory, which is no link; None if it is not a run."""
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
        return Summary(path, path.name, **entry["about"])

    def save(self) -> None:
        """Write what was seen, if enough of it is new; a disk that refuses is no matter."""
        if self._num_new * STALE_SHARE > len(self._seen):
            content = json.dumps({"form": FORM, "runs": self._seen}).encode()
            with suppress(DiskError):
                write_bytes(self._path, _digest(content) + b"\n" + content)

    def _is_settled(self, found: list[Stamp | None]) -> bool:
        return all(max(stamp[-2:]) < self._now_ns - SETTLED_NS for stamp in found if stamp)


def _read(path: Path) -> dict[str, Entry]:
    """Return the entries of an index; none if it is not there, damaged, or of another form."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
        found = json.loads(content) if digest == _digest(content) else {}
        return dict(found["runs"]) if found["form"] == FORM else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
