"""Help in groups, as plain text: importing Rich would take longer than everything else that ``--help`` does."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

LONGEST_SENTENCE = 200


class GroupedCommand(TyperCommand):
    """A command whose help has a section for each group of options."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options."""
        write_options(self, ctx, formatter)


class GroupedGroup(TyperGroup):
    """A group whose help has a section for each group of commands."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, then the commands."""
        write_options(self, ctx, formatter)
        panels: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                panel = getattr(command, "rich_help_panel", None) or "Commands"
                panels.setdefault(panel, []).append((name, command.get_short_help_str(LONGEST_SENTENCE)))
        for panel, lines in panels.items():
            with formatter.section(panel):
                formatter.write_dl(lines)


def write_options(command: TyperCommand | TyperGroup, ctx: Any, formatter: Any) -> None:
    """Write a command's options, grouped by panel."""
    panels: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None:
            panels.setdefault(getattr(parameter, "rich_help_panel", None) or "Options", []).append(record)
    for panel, records in sorted(panels.items(), key=lambda item: item[0] == "Options"):
        with formatter.section(panel):
            formatter.write_dl(records)
