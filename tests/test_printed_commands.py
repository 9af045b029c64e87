"""Every command that geomgen prints can be typed as it is: its words are a command's, and a run's own commands run."""

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from geomgen import open_run
from geomgen.cli.app import app
from geomgen.config.base import option_docs, option_flag, switch
from geomgen.config.registry import EXPERIMENTS, MAKERS
from geomgen.report.claims.elsewhere import claims_of
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.find import find_report
from geomgen.report.protocol import OTHERS
from geomgen.report.reports import QUANTITIES
from geomgen.sweep.library import find_recipes
from tests.config.test_registry import TINY
from tests.conftest import Command

ROOT = Path(__file__).parents[1] / "geomgen"
PROGRAM: Any = typer.main.get_command(app)
BEFORE, AFTER = "^|with: |it: |folder: |; |then |or ", r", then |\. |;| or geomgen|, or | lists|$"
NAMED = re.compile(rf"(?:{BEFORE})geomgen (?!does |--debug )([^;]*?)(?={AFTER})")
"""A command in a text: alone, or after these words."""
FILLED_IN = {"RUN": "latest", "NAME": "mlp", "LR": "0.1", "FRACTION": "0.1", "RECIPE": "demo", "X": "train"}
NUMBERS = ("WIDTH", "SEED", "EPOCHS", "N")
IN_CLAIMS = "report/claims"
"""Where commands are put together from parts; as the ledger shows them, they are tested below."""


def _texts(module: Path) -> Iterator[str]:
    """Yield the texts of a module but for docstrings, with X for what is filled in."""
    nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    parts |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def _commands() -> list[str]:
    modules = [path for path in sorted(ROOT.rglob("*.py")) if IN_CLAIMS not in str(path)]
    texts = [text for path in modules for text in _texts(path)]
    return sorted({found for text in texts for found in NAMED.findall(text)} - {"X", "X --resume X"})


def _parsed(words: list[str]) -> tuple[str, dict[str, Any]]:
    """Return the command's name and its arguments, as its own parser reads them."""
    command, context, path = PROGRAM, None, []
    while hasattr(command, "list_commands"):
        context = command.make_context(command.name, list(words), parent=context)
        name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        path.append(name)
    return " ".join(path), command.make_context(path[-1], list(words), parent=context).params


def test_there_are_such_commands() -> None:
    found = _commands()
    assert {"ls", "ls --runs-dir X", "sweep --list", "train --resume X", "volume RUN"} <= set(found)
    assert len(found) > 25


def _of_quantities() -> list[str]:
    """Return the commands that claims and quantities name, without the program."""
    elsewhere = [there for protocol in OTHERS for there, _ in claims_of(protocol)]
    commands = [command for claim in (*CLAIMS, *elsewhere) for command in claim.commands]
    commands += [command for quantity in QUANTITIES for command in quantity.commands()]
    assert all(command.startswith("geomgen ") for command in commands)
    return sorted({command.removeprefix("geomgen ") for command in commands})


@pytest.mark.parametrize("command", [*_commands(), *_of_quantities()])
def test_its_words_are_those_of_a_command(command: str) -> None:
    words = [FILLED_IN.get(word, "8" if word in NUMBERS else word) for word in shlex.split(command)]
    name, values = _parsed(words)
    if name in EXPERIMENTS:
        config = EXPERIMENTS[name].config
        config(**{option: values[option] for option in option_docs(config)})
    if name == "sweep" and values["names"]:
        assert find_recipes(values["names"])
    if name == "report" and values["name"] not in {None, "all", "train"}:
        assert find_report(values["name"])


@pytest.mark.parametrize("name", MAKERS)
def test_what_show_prints_makes_the_same_run_again(
    geomgen: Command, data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    docs = option_docs(MAKERS[name].config)
    options = {**TINY[name], **({"data": data_file} if "data" in docs and not docs["data"].environmental else {})}
    if name == "import":
        geomgen("train", "--width", 4, "--data", data_file, "--epochs", 1, "--runs-dir", "other runs", "-q")
        (final,) = Path("other runs").glob("*/checkpoints/final.safetensors")
        options["final"] = final
    words = [value if option == "final" else _words(option, value) for option, value in options.items()]
    made = open_run(geomgen(*name.split(), *words, "--runs-dir", "my runs", "-q").stdout.strip())
    if MAKERS[name].network:
        assert geomgen("volume", made.path, "--condition", "data", "--rule", "floor,full").returncode == 0
    first, *others = json.loads(geomgen("show", made.path, "--json").stdout)["commands"]
    again = geomgen(*shlex.split(first)[1:], "-q")
    assert again.returncode == 0, again.stderr
    new = open_run(again.stdout.strip())
    assert (new.experiment, new.config, new.facts) == (made.experiment, made.config, made.facts)
    assert len(others) == int(MAKERS[name].network)
    for command in others:
        assert geomgen(*shlex.split(command)[1:], "--reuse").stderr == ""


def test_a_sweep_of_recipes_of_the_package_can_be_typed_again(
    geomgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for changes, commands in (((), ["geomgen sweep demo"]), (("--set", "epochs=2"), [])):
        made = geomgen("sweep", "demo", *changes, "--on", "slurm", "--runs-dir", "runs", "-q")
        assert made.returncode == 0, made.stderr
        shown = geomgen("show", made.stdout.splitlines()[-1], "--json").stdout
        assert json.loads(shown)["commands"] == commands


def _words(option: str, value: Any) -> str:
    if isinstance(value, bool):
        return switch(option, value)
    return f"{option_flag(option)}={','.join(map(str, value)) if isinstance(value, tuple) else value}"
