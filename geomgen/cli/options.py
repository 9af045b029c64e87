"""Options of the command line, made from the configs so that each default and help text is written once."""

import inspect
import types
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import typer

from geomgen.cli.complete import complete_runs, complete_words
from geomgen.config.base import Config, as_text, checked_names, checked_value, option_docs, option_flag, option_types
from geomgen.errors import UsageError
from geomgen.fields import OptionDoc

OF_THIS_COMMAND = ("COMMANDLINE", "DEFAULT_MAP")
FORMATS = ("table", "csv", "json", "markdown", "latex")
RunsDir = Annotated[
    Path, typer.Option("--runs-dir", envvar="GEOMGEN_RUNS_DIR", help="Folder of runs.", rich_help_panel="Files")
]
WhereText = Annotated[
    str | None, typer.Option("--where", metavar="EXPRESSION", help="Only runs like: 'width>=1024 and arch==\"mlp\"'.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress and no notes.")]
RunNames = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...",
        help="Path, id, beginning of an id, 'latest', or '-' for standard input.",
        autocompletion=complete_runs,
    ),
]
RunName = Annotated[
    str,
    typer.Argument(metavar="RUN", help="Path, id, beginning of an id, 'latest', or '-'.", autocompletion=complete_runs),
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="|".join(FORMATS),
        help="Format of the printed table.",
        autocompletion=complete_words(FORMATS),
    ),
]


def takes(config: type[Config]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of a config.

    The command has a parameter ``config``; it is called with a config made from the options, in this precedence:
    option, GEOMGEN_* variable, ``--config`` file, default.

    Returns:
        A decorator.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [parameter for name, parameter in inspect.signature(command).parameters.items() if name != "config"]
        names = list(option_docs(config))

        def called(**values: Any) -> None:
            values.pop("config_file")
            command(config=config(**{name: values.pop(name) for name in names}), **values)

        parameters = [*own, *(_parameter(config, name) for name in names), config_file(config)]
        keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
        called.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in keyword_only}
        called.__name__, called.__doc__ = command.__name__, command.__doc__
        return called

    return decorate


def _parameter(config: type[Config], name: str) -> inspect.Parameter:
    doc, hint, default = option_docs(config)[name], option_types(config)[name], getattr(config, name)
    if doc.argument:
        return _argument(name, doc, hint, default)
    flag = option_flag(name)
    option = typer.Option(
        f"{flag}/--no-{flag[2:]}" if hint is bool else flag,
        *([doc.short] if doc.short else []),
        help=doc.doc,
        rich_help_panel=doc.group,
        metavar=_metavar(doc, hint),
        autocompletion=complete_runs if doc.names_run else complete_words(doc.choices) if doc.choices else None,
        envvar=f"GEOMGEN_{name.upper()}",
        show_envvar=False,
    )
    plain = as_text(default)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=plain, annotation=Annotated[_typed(hint), option]
    )


def _argument(name: str, doc: OptionDoc, hint: Any, default: Any) -> inspect.Parameter:
    argument = typer.Argument(metavar=doc.argument, help=doc.doc, envvar=f"GEOMGEN_{name.upper()}", show_envvar=False)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[_typed(hint), argument]
    )


def _metavar(doc: OptionDoc, hint: Any) -> str | None:
    """Return how the help shows an option's value; None for the name of its type."""
    required = _required(hint)
    if get_origin(required) is tuple:
        form = next((shown for shown, _ in doc.forms), "WORD")
        item = form if get_args(required)[0] is str else "N"
        return f"{item}[,{item}...]"
    return "|".join(doc.words) or None


def _typed(hint: Any) -> Any:
    """Return the type that the command line reads: a list comes as one word with commas."""
    required = _required(hint)
    read = str if get_origin(required) is tuple else required
    return read if required is hint else read | None


def _required(hint: Any) -> Any:
    """Return a type without its None."""
    return get_args(hint)[0] if get_origin(hint) in {Union, types.UnionType} else hint


def config_file(*configs: type[Config]) -> inspect.Parameter:
    """Return the option for a file of a config's options; of several configs' if a command chooses between them."""
    owners = {name: config for config in reversed(configs) for name in option_docs(config)}

    def read(context: typer.Context, path: Path | None) -> Path | None:
        if path is not None:
            from geomgen.store.files import read_toml

            values = checked_names(read_toml(path, f"--config {path}"), owners, str(path))
            checked = {name: checked_value(owners[name], name, value) for name, value in values.items()}
            context.default_map = {name: as_text(value) for name, value in checked.items()}
        return path

    option = typer.Option(
        "--config",
        metavar="FILE.toml",
        help="Read options from a TOML file; those on the command line take precedence.",
        callback=read,
        is_eager=True,
        rich_help_panel="Files",
    )
    return inspect.Parameter(
        "config_file", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[Path | None, option]
    )


def checked_format(value: str) -> str:
    """Return a table format's name.

    Raises:
        UsageError: If there is no such format.
    """
    if value not in FORMATS:
        raise UsageError(f"--format '{value}' is not known.", f"Choose one of: {', '.join(FORMATS)}.")
    return value


def given(context: typer.Context, names: list[str]) -> list[str]:
    """Return which of the options were given for this command: on the command line, or by its ``--config`` file."""
    sources = ((name, context.get_parameter_source(name)) for name in names)
    return [name for name, source in sources if source is not None and source.name in OF_THIS_COMMAND]
