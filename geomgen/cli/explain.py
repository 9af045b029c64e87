"""The command that says what a name means: explain."""

from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from geomgen.cli.console import terminal_width
from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import Format, checked_format

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geomgen.experiments.explain import Entry

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]",
        help="Experiment, option, table, column (or TABLE.COLUMN), quantity, claim or report; all names if not given.",
    ),
]


def explain(names: Names = None, table_format: Format = "table") -> None:
    """Say what a name means: its formula, unit and source, the command that makes it, and the claims judged by it.

    A name may have several meanings: tangent-kernel is an experiment, a table and a report.
    """
    from geomgen.experiments.explain import entries, explained

    checked_format(table_format)
    found = explained(" ".join(names)) if names else entries()
    if table_format != "table":
        _print_frame(found, table_format)
        return
    for line in _told(found) if names else _listed(found):
        typer.echo(line)


def _told(found: "Sequence[Entry]") -> "Iterator[str]":
    """Yield the lines of explanations: a heading, and one fact under the other."""
    for place, entry in enumerate(found):
        yield from ([""] if place else [])
        yield f"{entry.kind} {entry.name}"
        yield from _facts(entry.facts)


def _listed(found: "Sequence[Entry]") -> "Iterator[str]":
    """Yield the names of each kind."""
    names: dict[str, dict[str, None]] = {}
    for entry in found:
        names.setdefault(entry.kind, {})[entry.name] = None
    return _facts({kind: ", ".join(its) for kind, its in names.items()})


def _facts(facts: "Mapping[str, str]") -> "Iterator[str]":
    indent = max(map(len, facts)) + 4
    for name, text in facts.items():
        first, *more = wrap(text, max(terminal_width() - indent, 20), break_long_words=False, break_on_hyphens=False)
        yield f"  {name:{indent - 2}}{first}"
        yield from (" " * indent + line for line in more)


def _print_frame(found: "Sequence[Entry]", table_format: str) -> None:
    import pandas as pd

    from geomgen.cli.runs import print_table
    from geomgen.experiments.explain import FACTS

    frame = pd.DataFrame([{"kind": entry.kind, "name": entry.name, **entry.facts} for entry in found])
    shown = [name for name in ("kind", "name", *FACTS) if name in frame]
    print_table("Names", frame[shown].fillna(""), table_format)


def add_to(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(cls=GroupedCommand, rich_help_panel="Read runs")(explain)
