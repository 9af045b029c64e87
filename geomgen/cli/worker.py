"""The server that forks a sweep's workers; its standard input is the sweep's socket."""

from collections.abc import Sequence

import torch
import typer

from geomgen.cli.app import app
from geomgen.cli.streams import outlive_readers
from geomgen.config.registry import EXPERIMENTS
from geomgen.data.load import BUNDLED_NAMES, load_dataset
from geomgen.experiments.entry import function
from geomgen.store.environment import commit, dirty
from geomgen.sweep.fork_server import serve

COMMAND = typer.main.get_command(app)


def prepare() -> None:
    """Import what experiments need, record the commit, and read the data set that most cells are trained on.

    Nothing here may query the GPU: torch refuses to use it in a process forked from one that has queried it.
    """
    commit()
    dirty()
    for record in EXPERIMENTS.values():
        for path in filter(None, (record.make, record.measure)):
            function(path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a process that forks must not have started others
    for name in BUNDLED_NAMES:
        load_dataset(name).sha256  # noqa: B018  # kept with the data set
    torch.set_num_threads(threads)


def run(words: Sequence[str]) -> int:
    """Run one command line in this process and return its exit code."""
    try:
        COMMAND.main(list(words), "geomgen")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def main() -> None:
    """Serve until the sweep that is on the other end of standard input ends."""
    outlive_readers()
    serve(prepare, run)
