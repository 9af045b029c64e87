"""Standard output and error that outlive their readers: work goes on when whoever listened has gone."""

import errno
import io
import os
import sys

GONE = {errno.EPIPE, errno.ECONNRESET, errno.EIO}
"""What a write fails with once the reader of a pipe, a socket or a terminal has gone."""


class _Lasting(io.FileIO):
    """A file that becomes the null device when its reader goes."""

    def write(self, data: object, /) -> int:
        """Write, or forget what nobody will read."""
        try:
            return super().write(data)  # type: ignore[arg-type]
        except OSError as error:
            if error.errno not in GONE:
                raise
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)
            return memoryview(data).nbytes  # type: ignore[arg-type]


def outlive_readers() -> None:
    """Let this process go on if a reader of its output goes, or if there was none from the beginning."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif stream is getattr(sys, f"__{name}__"):
            raw = io.BufferedWriter(_Lasting(stream.fileno(), "wb", closefd=False))
            lasting = io.TextIOWrapper(raw, stream.encoding, stream.errors, line_buffering=stream.line_buffering)
            setattr(sys, name, lasting)
