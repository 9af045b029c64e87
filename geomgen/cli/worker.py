"""What forks the workers of a sweep: ``python -m geomgen.cli.worker``, whose standard input is the sweep's socket."""

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

import typer

from geomgen.cli.app import app
from geomgen.store.environment import commit, dirty
from geomgen.sweep.fork_server import serve

USUAL = ("train", "volume", "probe-activations", "jacobian")
"""Experiments whose modules share nearly all that they import."""

COMMAND = typer.main.get_command(app)


def prepare(experiments: Sequence[str]) -> None:
    """Import what experiments need, and note its commit; one that does not exist is a matter for its worker.

    Nothing here may look for a GPU: torch refuses to use one in a process that was forked from one that has looked.
    """
    commit()
    dirty()
    for name in experiments or USUAL:
        with suppress(ImportError):
            import_module(module_name(name))


def module_name(experiment: str) -> str:
    """Return the module of an experiment, by the first word of its subcommand."""
    return f"geomgen.experiments.{experiment.partition(' ')[0].replace('-', '_')}"


def run(words: Sequence[str]) -> int:
    """Run one command line in this process and return its exit code."""
    try:
        COMMAND.main(list(words), "geomgen")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


if __name__ == "__main__":
    serve(prepare, run)
