"""The ``geomgen`` command: all subcommands, and one place where errors become panels and exit codes."""

import os
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from geomgen.cli import experiments, explain, report, rerun, runs, sweep, upkeep
from geomgen.cli.console import show_error
from geomgen.cli.help import GroupedGroup
from geomgen.cli.streams import outlive_readers
from geomgen.errors import BugError, DiskError, GeomgenError, UsageError

INTERRUPTED = 130


class _Group(GroupedGroup):
    """Commands whose errors are shown as one panel, with the exit code of their kind."""

    def invoke(self, ctx: Any) -> Any:
        if ctx.params.get("debug"):
            return super().invoke(ctx)
        try:
            return super().invoke(ctx)
        except GeomgenError as error:
            show_error(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.Abort):
            raise
        except TyperException as error:
            show_error(_misused(error))
            raise typer.Exit(UsageError.exit_code) from error
        except Exception as error:
            told = _unexpected(error)
            show_error(told)
            raise typer.Exit(told.exit_code) from error


def _misused(error: Any) -> UsageError:
    """Return the error to show for a command line that cannot be parsed."""
    command = error.ctx.command_path if getattr(error, "ctx", None) else "geomgen"
    return UsageError(error.format_message(), f"See the usage with: {command} --help")


def _unexpected(error: Exception) -> GeomgenError:
    """Return the error to show for an exception that geomgen did not expect."""
    if isinstance(error, OSError) and error.strerror:
        return DiskError(f"{error.filename}: {error.strerror}.", "Check the path, its permissions and the disk.")
    return BugError(f"{type(error).__name__}: {error}", "Please report it, with what geomgen --debug COMMAND prints.")


app = typer.Typer(
    name="geomgen",
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"geomgen {version('geomgen')}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Measure the geometry that makes over-parameterised networks generalise.

    train makes a run; volume measures it; report turns any number of runs into tables and figures.
    """


for module in (experiments, sweep, rerun, report, runs, explain, upkeep):
    module.add_to(app)


def main() -> None:
    """Run the command line."""
    # Large tensors on large pages: a gradient of 270 MB is allocated at every step, and half that time is page faults.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    outlive_readers()
    app(prog_name="geomgen")  # also for python -m geomgen: it is what usage names, and shells complete
