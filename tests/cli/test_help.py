"""Help in sections: options by their panel, commands by theirs, and what is hidden nowhere."""

from typing import Annotated

import pytest
import typer

from geomgen.cli.help import GroupedCommand, GroupedGroup

LONG = "Bake a loaf of bread that is long enough to be cut in the middle of its own description by most libraries."


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer(cls=GroupedGroup, add_completion=False, rich_markup_mode=None)

    @app.command(cls=GroupedCommand, rich_help_panel="Make", help=f"{LONG}\n\nWith salt.")
    def bake(
        plain: Annotated[int, typer.Option(help="Without a panel.")] = 1,
        salt: Annotated[int, typer.Option(help="In grams.", rich_help_panel="Dough")] = 10,
        water: Annotated[int, typer.Option(help="In litres.", rich_help_panel="Dough")] = 2,
        secret: Annotated[int, typer.Option(hidden=True)] = 0,
    ) -> None:
        """Replaced by the help above."""

    app.command("eat", cls=GroupedCommand, help="Eat it.")(lambda: None)
    app.command("clean", cls=GroupedCommand, rich_help_panel="Make", help="Wipe the table.")(lambda: None)
    app.command("ghost", cls=GroupedCommand, hidden=True, help="Never shown.")(lambda: None)
    return app


def told(app: typer.Typer, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """Return the lines of a command's help that are not empty."""
    with pytest.raises(SystemExit):
        app([*words, "--help"])
    return [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_options_stand_under_their_panel_and_those_without_one_come_last(
    app: typer.Typer, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = told(app, capsys, "bake")
    starts = [line.split()[0] for line in lines[lines.index("Dough:") :] if line.startswith(("  --", "Dough", "Opt"))]
    assert starts == ["Dough:", "--salt", "--water", "Options:", "--plain", "--help"]
    assert not any("secret" in line for line in lines)


def test_commands_stand_under_their_panel_with_the_whole_first_sentence(
    app: typer.Typer, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = told(app, capsys)
    sections = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert sections == ["Options:", "Make:", "Commands:"]
    starts = [line.split()[0] for line in lines[lines.index("Make:") :] if not line.startswith("   ")]
    assert starts == ["Make:", "bake", "clean", "Commands:", "eat"]
    words = " ".join(" ".join(lines).split())
    assert f"bake {LONG} clean" in words
    assert "salt" not in words
    assert not any("ghost" in line for line in lines)
