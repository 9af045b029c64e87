"""Configs check themselves, say what is wrong, and tell experiments apart."""

import contextlib
import json
import math
from dataclasses import FrozenInstanceError, replace
from datetime import date
from typing import get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomgen.config.base import LONGEST_SPAN, Config, option_docs, option_flag, option_types, to_arguments
from geomgen.config.registry import EXPERIMENTS
from geomgen.config.regress import PolynomialConfig, RffConfig, RidgelessConfig
from geomgen.config.sweep import ResourcesConfig, SweepConfig
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.errors import UsageError


@pytest.mark.parametrize("config", [record.config for record in EXPERIMENTS.values()])
def test_every_option_is_documented_and_its_default_is_allowed(config: type[Config]) -> None:
    made = config()
    for name, doc in option_docs(config).items():
        assert doc.doc.endswith("."), name
        assert doc.group, name
    assert config.from_mapping(json.loads(json.dumps(made.to_mapping())), "test") == made


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        TrainConfig().width = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, r"--epochs 0 is too small. It must be at least 1\."),
        ({"momentum": 1.5, "optimizer": "sgd"}, r"--momentum 1.5 is too large. It must be at most 1\."),
        ({"lr": float("nan")}, "--lr nan"),
        ({"lr": "fast"}, "--lr 'fast' is not of type float"),
        ({"seed": True}, "--seed True is not of type int"),
        ({"lr": date(2026, 1, 2)}, "--lr 2026-01-02 is not of type float"),
        ({"data": date(2026, 1, 2)}, '--data 2026-01-02 is not of type str. Put it in quotes: "2026-01-02"'),
        ({"layer_norm": 1}, "--layer-norm 1 is not of type bool"),
        (
            {"arch": "lenet5", "depth": 3},
            "--depth does not apply to --arch lenet5. It is an option of --arch mlp",
        ),
        ({"track": "implicit"}, "--track 'implicit' is not known. Choose one of: implicit-regularization"),
        ({"checkpoint_every": 5, "record_every": 2}, "--checkpoint-every 5 is not a multiple of --record-every 2"),
        ({"optimiser": "sgd"}, "test has no option 'optimiser'. Did you mean 'optimizer'?"),
        ({"zzz": 1}, "test has no option 'zzz'. Known options: arch, width"),
    ],
)
def test_what_is_wrong_is_said_with_value_and_limit(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TrainConfig.from_mapping(options, "test")


def test_lists_of_words_come_with_commas_or_as_lists() -> None:
    assert VolumeConfig(state="initial, final").state == ("initial", "final")  # type: ignore[arg-type]
    assert VolumeConfig.from_mapping({"state": ["final", "final"]}, "test").state == ("final",)
    with pytest.raises(UsageError, match=r"--state .* is not a list of words"):
        VolumeConfig(state=("",))
    with pytest.raises(UsageError, match="--state is empty"):
        VolumeConfig(state=())


def test_lists_of_numbers_come_with_commas_spans_or_as_lists() -> None:
    assert RidgelessConfig.from_mapping({"features": "3, 5-7,6"}, "test").features == (3, 5, 6, 7)
    assert RidgelessConfig.from_mapping({"features": [9, "2-3"]}, "test").features == (9, 2, 3)
    assert RidgelessConfig.from_mapping({"features": 4}, "test").features == (4,)
    assert RffConfig.from_mapping({"ridge": "0,1e-3"}, "test").ridge == (0.0, 0.001)
    assert RffConfig.from_mapping({"ridge": [1, 0.5]}, "test").ridge == (1.0, 0.5)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ("3;4", "--features '3;4' is not a list of whole numbers. Separate them with commas."),
        ("3,,4", "--features '3,,4' is not a list of whole numbers."),
        ("7-3", "--features 7-3 is not a valid range. Write it as LOW-HIGH, with at most 10,000 numbers."),
        ("1-99999999", "is not a valid range"),
        ("1.5", "is not a list of whole numbers"),
        ([True], "--features True is not of type int."),
        ([], "--features is empty."),
        ("5,0", "--features 0 is too small. It must be at least 1."),
    ],
)
def test_a_list_of_numbers_says_what_is_wrong(features: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RidgelessConfig.from_mapping({"features": features}, "test")


@pytest.mark.parametrize(("degrees", "words"), [((0, 1, 2, 3, 9), "0-3,9"), ((1, 2, 5), "1,2,5"), ((3, 2), "3,2")])
def test_a_list_of_numbers_is_written_as_it_is_read(degrees: tuple[int, ...], words: str) -> None:
    config = PolynomialConfig(degrees=degrees)
    assert to_arguments(config) == [f"--degrees={words}"]
    assert PolynomialConfig.from_mapping({"degrees": words}, "test") == config


@pytest.mark.parametrize("count", [3, LONGEST_SPAN, LONGEST_SPAN + 1, 2 * LONGEST_SPAN + 5])
def test_any_list_of_numbers_is_read_as_it_is_written(count: int) -> None:
    config = RidgelessConfig(features=(*range(1, count + 1), *range(10**9 - count, 10**9 + 1)))
    (word,) = (word for word in to_arguments(config) if "features" in word)
    assert RidgelessConfig.from_mapping({"features": word.removeprefix("--features=")}, "test") == config


FLOATS = [
    (config, name)
    for config in {record.config: None for record in EXPERIMENTS.values()} | {SweepConfig: None, ResourcesConfig: None}
    for name, hint in option_types(config).items()
    if float in {hint, *get_args(hint)}
]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize(("config", "name"), FLOATS, ids=lambda one: getattr(one, "__name__", one))
def test_numbers_are_finite(config: type[Config], name: str, value: float) -> None:
    for written in (value, [value], str(value)) if get_origin(option_types(config)[name]) is tuple else (value,):
        with pytest.raises(UsageError, match=rf"{option_flag(name)} -?(inf|nan) is not a finite number"):
            config.from_mapping({name: written}, "test")


def test_the_fingerprint_is_of_the_science() -> None:
    usual = TrainConfig(width=64)
    assert usual.fingerprint() == replace(usual, threads=7, device="auto").fingerprint()
    changes = ({"seed": 1}, {"width": 65}, {"lr": 0.1}, {"epochs": 3}, {"checkpoint_every": 3})
    others = [replace(usual, **change) for change in changes]
    assert len({config.fingerprint() for config in [usual, *others]}) == 6


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from([*option_docs(TrainConfig), "x"]), VALUES, max_size=4))
def test_any_mapping_gives_a_config_or_a_usage_error(options: dict[str, object]) -> None:
    with contextlib.suppress(UsageError):
        assert TrainConfig.from_mapping(options, "test").fingerprint()
