"""Commands in processes of their own, started in a moment: forked from one that has imported everything."""

import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([
    "tests.processes", "tests.faults.processes", "geomgen.cli.app", "geomgen.experiments.rerun",
    "geomgen.experiments.sweep",
])  # fmt: skip
NOWHERE = Path(os.devnull)


def start(
    *arguments: object, environment: Mapping[str, str] | None = None, output: Path = NOWHERE, errors: Path = NOWHERE
) -> ForkServerProcess:
    """Start a command in this process's folder; it ends with this process, if not before.

    Args:
        arguments: The words after ``geomgen``.
        environment: Variables beside those of this process.
        output: File for what it writes to standard output.
        errors: File for what it writes to standard error.
    """
    variables = {**os.environ, **(environment or {})}
    words, streams = [*map(str, arguments)], (NOWHERE, output, errors)
    process = CONTEXT.Process(target=_command, args=(words, variables, Path.cwd(), streams), daemon=True)
    process.start()
    return process


def _command(words: list[str], variables: dict[str, str], folder: Path, streams: tuple[Path, ...]) -> None:
    from geomgen.cli.app import main

    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    for descriptor, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), descriptor)
    sys.argv = ["geomgen", *words]
    main()
