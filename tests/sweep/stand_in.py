"""Stands in for ``geomgen`` in tests of how its processes are run: ``python stand_in.py HOW [OPTION...] FOLDER``.

Leaves a line in ``FOLDER/begun`` each time it is started.
"""

import os
import signal
import sys
import time
from pathlib import Path


def main() -> int:
    """Do as the first word says and return the exit code."""
    how, folder = sys.argv[1], Path(sys.argv[-1])
    with (folder / "begun").open("a") as file:
        file.write(f"{how} {os.environ.get('CUDA_VISIBLE_DEVICES', '')} {os.environ['OMP_NUM_THREADS']}\n")
    match how:
        case "usage":
            sys.stderr.write("Usage: --width 0 is too small.\n")
            return 2
        case "crash-once" if (folder / "begun").read_text().count(how) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "save-when-told":
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
            sys.stderr.write("ready\n")
            sys.stderr.flush()
            time.sleep(60)
    sys.stdout.write(f"{folder}/run-of-{how}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
