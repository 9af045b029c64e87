"""Options made from a config: their names, what they read, which of several values counts, and what is refused."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from geomgen.cli.help import GroupedCommand
from geomgen.cli.options import FORMATS, checked_format, given, takes
from geomgen.config.base import Config
from geomgen.errors import DataError, UsageError
from geomgen.fields import option
from tests.cli.test_help import told


@dataclass(frozen=True)
class BreadConfig(Config):
    """One option of every type."""

    loaves: int = option(1, "How many.", "Dough", minimum=1, short="-n")
    salt: float = option(0.5, "How much.", "Dough")
    flour: str = option("rye", "Which.", "Dough", choices=("rye", "wheat"))
    seeds: tuple[int, ...] = option((1, 2, 3), "Which ones.", "Dough")
    names: tuple[str, ...] | None = option(None, "What for.", "Dough")
    crust: bool = option(True, "Whether.", "Oven")
    minutes: int | None = option(None, "How long.", "Oven")
    prices: tuple[str, ...] | None = option(None, "How dear.", "Shop", forms=(("N=PRICE", r"\d+=.+"),))
    shop: str | None = option(None, "Where.", "Shop", argument="SHOP")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Read the words of a command line with variables of the environment, and return the command's arguments."""

    def run(*words: object, **environment: str) -> dict[str, Any]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        called: dict[str, Any] = {}
        _app(called)([*map(str, words)], standalone_mode=False)
        return called

    return run


def _app(called: dict[str, Any]) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)

    @app.command(cls=GroupedCommand)
    @takes(BreadConfig)
    def bake(
        context: typer.Context, config: BreadConfig, loud: Annotated[bool, typer.Option("--loud")] = False
    ) -> None:
        """Bake."""
        called.update(config=config, loud=loud, given=given(context, ["salt", "loaves", "loud", "unheard_of"]))

    return app


def test_nothing_given_is_the_default_config(read: Any) -> None:
    assert read() == {"config": BreadConfig(), "loud": False, "given": []}


def test_every_type_is_read(read: Any) -> None:
    words = ["-n", 3, "--salt", 2, "--flour=wheat", "--seeds", "7,2-4", "--names", "a,b", "--no-crust", "--minutes=9"]
    found = read(*words, "corner", "--prices", "1=2,2=3", "--loud")
    baked = BreadConfig(3, 2.0, "wheat", (7, 2, 3, 4), ("a", "b"), False, 9, ("1=2", "2=3"), "corner")
    assert found["config"] == baked
    assert (found["loud"], found["given"]) == (True, ["salt", "loaves", "loud"])


def test_a_value_is_the_command_lines_then_the_environments_then_the_files_then_the_default(
    read: Any, tmp_path: Path
) -> None:
    file = tmp_path / "bread.toml"
    file.write_text("loaves = 4\nsalt = 4\nminutes = 4\nseeds = [4, 5, 6]\ncrust = false\n")
    environment = {"GEOMGEN_LOAVES": "5", "GEOMGEN_SALT": "5"}
    found = read("--config", file, "--loaves", 6, **environment)
    assert found["config"] == BreadConfig(loaves=6, salt=5.0, minutes=4, seeds=(4, 5, 6), crust=False)
    assert found["given"] == ["loaves"]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("loavs = 4", UsageError, r"bread\.toml .*'loavs'.* 'loaves'"),
        ("loaves = 3.5", UsageError, r"--loaves 3\.5 .* int"),
        ("loaves = true", UsageError, r"--loaves True .* int"),
        ("loaves = 0", UsageError, "--loaves 0 is too small"),
        ('flour = "wheet"', UsageError, "--flour 'wheet' .*'wheat'"),
        ("loaves = ", DataError, r"--config .*bread\.toml .*TOML"),
    ],
)
def test_a_bad_file_is_named(read: Any, tmp_path: Path, content: str, error: type[Exception], message: str) -> None:
    file = tmp_path / "bread.toml"
    file.write_text(content)
    with pytest.raises(error, match=message):
        read("--config", file)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--loaves", 0], "--loaves 0 is too small"),
        (["--flour", "oat"], "--flour 'oat' .*rye, wheat"),
        (["--seeds", "1,x"], "--seeds '1,x' .* whole numbers"),
    ],
)
def test_a_config_checks_what_the_command_line_gives(read: Any, words: list[object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(*words)


def test_the_help_shows_what_an_option_takes_and_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [" ".join(line.split()) for line in told(_app({}), capsys)]
    dough, oven, files, rest = (lines.index(f"{name}:") for name in ("Dough", "Oven", "Files", "Options"))
    assert dough < oven < files < rest
    wanted = [
        (dough, "-n, --loaves <int> How many. [default: 1]"),
        (dough, "--salt <float> How much. [default: 0.5]"),
        (dough, "--flour rye|wheat Which. [default: rye]"),
        (dough, "--seeds N[,N...] Which ones. [default: 1-3]"),
        (dough, "--names WORD[,WORD...] What for."),
        (oven, "--crust / --no-crust Whether. [default: crust]"),
        (oven, "--minutes <int> How long."),
        (0, "--prices N=PRICE[,N=PRICE...] How dear."),
        (rest, "SHOP Where."),
    ]
    for start, line in wanted:
        assert line in lines[start:]
    assert lines[files + 1].startswith("--config FILE.toml ")
    assert "GEOMGEN_LOAVES" not in " ".join(lines)


def test_a_format_is_one_of_five() -> None:
    assert [checked_format(name) for name in FORMATS] == ["table", "csv", "json", "markdown", "latex"]
    with pytest.raises(UsageError, match=r"--format 'xml' .*table, csv, json, markdown, latex"):
        checked_format("xml")
