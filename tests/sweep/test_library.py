"""Recipes that come with the package, and how files, names and sets of them are found."""

from pathlib import Path

import pytest

from geomgen.config.sweep import SweepConfig
from geomgen.errors import UsageError
from geomgen.experiments.sweep import plan_sweep
from geomgen.sweep.library import find_recipes, shipped_recipes


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_loads_and_can_be_planned(name: str, tmp_path: Path) -> None:
    recipes = find_recipes([name])
    assert [recipe.name for recipe in recipes] == [name]
    assert recipes[0].about.endswith(".")
    assert plan_sweep(recipes, SweepConfig(), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_folder_of_recipes_is_a_set() -> None:
    assert {recipe.name.partition("/")[0] for recipe in find_recipes(["quick"])} == {"quick"}
    assert "quick/width-logdet" in {recipe.name for recipe in find_recipes(["quick", "quick/width-logdet"])}
    with pytest.raises(UsageError, match=r"There is no recipe 'quik'\. Did you mean 'quick'\?"):
        find_recipes(["quik"])
    for word in ("../recipes/demo", "/etc/passwd", "quick/..", "", "."):
        with pytest.raises(UsageError, match="There is no recipe"):
            find_recipes([word])


def test_two_recipes_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text('name = "same"\n')
    with pytest.raises(UsageError, match="Two recipes have the name 'same'"):
        find_recipes([str(tmp_path / "a.toml"), str(tmp_path / "b.toml")])
