"""Recipes: what they may say, what is refused and how."""

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomgen.config.registry import FOLLOWING, MAKERS, MEASURES
from geomgen.config.sweep import SweepConfig
from geomgen.errors import DataError, UsageError
from geomgen.experiments.sweep import plan_sweep
from geomgen.store.files import read_toml
from geomgen.sweep.cells import cells
from geomgen.sweep.recipe import Recipe, text_value
from tests.sweep.made_up_recipe import mapping, recipe, unprepared


def test_a_recipe_is_what_it_says_of_itself(data_file: Path) -> None:
    made = recipe(data_file, zip={"lr": [0.1, 0.2], "momentum": [0.0, 0.5]}, slurm={"time": "01:00:00"})
    assert Recipe.from_mapping(made.to_mapping(), "tiny") == made


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gird": {}}, "has no option 'gird'. Did you mean 'grid'?"),
        ({"name": "../up"}, "cannot have the name '../up'"),
        ({"name": "/etc/passwd"}, "cannot have the name"),
        ({"name": "a/../b"}, "cannot have the name"),
        ({"name": ".hidden"}, "cannot have the name"),
        ({"name": date(2026, 1, 2)}, 'name of a recipe, 2026-01-02 is not text. Put it in quotes: "2026-01-02"'),
        ({"set": {"data": date(2026, 1, 2)}}, 'Put it in quotes: "2026-01-02"'),
        ({"grid": {"lr": [time(4, 0)]}}, "--lr 04:00:00 is not of type float"),
        ({"experiment": "trian"}, "no experiment 'trian'. Did you mean 'train'?"),
        ({"then": {"volum": {}}}, "no measure 'volum'. Did you mean 'volume'?"),
        ({"then": {"volume": {"rul": "full"}}}, "has no option 'rul'. Did you mean 'rule'?"),
        ({"then": {"volume": 3}}, "is not a table"),
        ({"set": {"widht": 3}}, "has no option 'widht'. Did you mean 'width'?"),
        ({"set": {"lr": -1.0}}, "--lr -1.0 is too small"),
        ({"set": {"lr": 10**400}}, "is not of type float"),
        ({"set": {"data": "a\0b"}}, "is not of type str"),
        ({"set": {"width": 8}}, "names 'width' twice"),
        ({"grid": {"width": 8}}, "width = 8 is not a list"),
        ({"grid": {"width": []}}, "is not a list of values"),
        ({"grid": {"width": ["wide"]}}, "--width 'wide' is not of type int"),
        ({"grid": [{"seed": list(range(1000)), "width": list(range(1, 1000))}]}, "has 999000 cells"),
        ({"zip": {"lr": [0.1], "batch_size": [1, 2]}}, "differ in length: lr has 1, batch_size has 2"),
        ({"zip": {"seed": [3]}}, "names 'seed' twice"),
        ({"report": {"names": ["training"], "compare": "published"}}, "can be compared with 'published'"),
        ({"report": {"names": ["trainig"]}}, "There is no report 'trainig'. Did you mean 'training'?"),
        ({"resources": {"threads": 0}}, "--threads 0 is too small"),
        ({"slurm": {"time": "1\n#SBATCH --wrap=x"}}, "is not a directive"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(
    data_file: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    given_mapping = mapping(data_file, **changes)
    if "set" in changes and "width" not in changes["set"]:
        given_mapping["grid"] = {}
    with pytest.raises(UsageError) as error:
        plan_sweep([Recipe.from_mapping(given_mapping, "tiny")], SweepConfig(), tmp_path)
    assert words in str(error.value)


def test_changes_move_an_option_between_fixed_and_grid(data_file: Path) -> None:
    made = recipe(data_file).changed({"seed": 5}, {"epochs": (1, 2)})
    assert made.fixed["seed"] == 5
    assert made.grids == ({"width": (8, 12), "epochs": (1, 2)},)
    with pytest.raises(UsageError, match="'lr' is zipped"):
        recipe(data_file, zip={"lr": [0.1]}).changed({"lr": 0.2}, {})


def test_words_of_the_command_line_are_toml_values_or_themselves() -> None:
    words = ("3", "0.1", "true", "sgd", '"3"', "data,post", ".001", "-1.", "+.5e-3", "2026-01-02", "04:00:00", "1.2.3")
    assert [text_value(word) for word in words] == [
        3, 0.1, True, "sgd", "3", "data,post", 0.001, -1.0, 0.0005, "2026-01-02", "04:00:00", "1.2.3",
    ]  # fmt: skip


KEYS = "name experiment set grid zip then report resources slurm about train volume width seed names compare threads"

WORDS = st.sampled_from([*KEYS.split(), *["data", "layer", "lr", "layer_norm", "rule", "..", "a/b"], "\0", ""])

VALUES = st.recursive(
    st.one_of(WORDS, st.text(max_size=5), st.integers(), st.floats(), st.booleans(), st.dates(), st.none()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(WORDS, VALUES, max_size=6))
def test_any_mapping_is_a_recipe_or_a_usage_error(content: dict[str, Any]) -> None:
    try:
        made = Recipe.from_mapping(content, "fuzz")
        found = cells(made, unprepared)
    except UsageError:
        return
    assert made.experiment in MAKERS
    assert {name for name, _ in made.then} <= {*MEASURES, *FOLLOWING}
    assert found


@given(st.binary(max_size=60) | st.text(alphabet="[]{}=\"'.,\n a1#-", max_size=40).map(str.encode))
def test_any_bytes_are_toml_or_a_geomgen_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "fuzz.toml"
    path.write_bytes(content)
    try:
        Recipe.from_mapping(read_toml(path, "Recipe"), "fuzz")
    except (UsageError, DataError):
        return


def test_endless_nesting_is_bad_toml(tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("name = " + "[" * 20_000)
    with pytest.raises(DataError, match="is not TOML"):
        read_toml(path, "Recipe")
