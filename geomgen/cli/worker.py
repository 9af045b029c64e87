"""What forks the workers of a sweep: ``python -m geomgen.cli.worker``, whose standard input is the sweep's socket."""

from collections.abc import Sequence

import torch
import typer

from geomgen.cli.app import app
from geomgen.config.registry import EXPERIMENTS
from geomgen.data.load import BUNDLED_NAMES, load_dataset
from geomgen.experiments.entry import function
from geomgen.store.environment import commit, dirty
from geomgen.sweep.fork_server import serve

COMMAND = typer.main.get_command(app)


def prepare() -> None:
    """Import what experiments need, note its commit, and read the data set that most cells are trained on.

    Nothing here may look for a GPU: torch refuses to use one in a process that was forked from one that has looked.
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


if __name__ == "__main__":
    serve(prepare, run)
