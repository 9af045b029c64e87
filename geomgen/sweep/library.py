"""Where recipes are found: a user's files, and those that are part of the package."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from geomgen.errors import UsageError, suggestion
from geomgen.store.files import read_toml
from geomgen.sweep.recipe import Recipe

ENDING = ".toml"


def shipped_recipes() -> dict[str, Path]:
    """Return the package's recipes by name; those in a folder are a set, and their names begin with its name."""
    with resources.as_file(resources.files("geomgen.sweep").joinpath("recipes")) as folder:
        return {str(path.relative_to(folder).with_suffix("")): path for path in sorted(folder.rglob(f"[!.]*{ENDING}"))}


def find_recipes(words: Sequence[str]) -> list[Recipe]:
    """Return the recipes that words refer to, each once.

    Args:
        words: Paths that end in ``.toml``, names of shipped recipes, or names of sets of them.

    Raises:
        UsageError: If there is no such file or name, or a recipe asks for something that does not exist.
        DataError: If a file is not TOML.
    """
    files = [file for word in words for file in _files(word)]
    recipes = [Recipe.from_mapping(read_toml(path, f"Recipe {path}"), name) for name, path in dict(files).items()]
    names = [recipe.name for recipe in recipes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"Two recipes have the name '{name}'.", "Give one of them another name.")
    return recipes


def _files(word: str) -> list[tuple[str, Path]]:
    """Return names and files of the recipes that a word refers to."""
    if word.endswith(ENDING):
        return [(Path(word).stem, Path(word))]
    known = shipped_recipes()
    found = [(name, path) for name, path in known.items() if word in {name, name.partition("/")[0]}]
    if not found:
        sets = {name.partition("/")[0] for name in known}
        hint = suggestion(word, sorted({*known, *sets}), "There are")
        raise UsageError(f"There is no recipe '{word}'.", f"{hint} A file's name ends in {ENDING}.")
    return found
