"""Which activations are measured: the published choice, and what is no choice."""

from dataclasses import dataclass

import pytest

from geomgen.config.activations import CONDITIONS, ActivationsConfig, condition_option
from geomgen.config.base import Config, option_docs
from geomgen.errors import UsageError


def test_the_defaults_are_the_published_ones() -> None:
    config = ActivationsConfig()
    assert (config.layer, config.site, config.state) == (("penultimate",), ("pre",), ("initial", "final"))
    assert config.condition == ("data", "control-features", "permuted-pixels")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"site": "middle"}, "--site 'middle' is not known. Choose one of: pre, post"),
        ({"condition": "shuffled"}, "--condition 'shuffled' is not known. Choose one of: data, control-features"),
        ({"threads": 0}, "--threads 0 is too small"),
    ],
)
def test_other_words_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ActivationsConfig.from_mapping(options, "test")


def test_threads_do_not_tell_measures_apart() -> None:
    assert ActivationsConfig(threads=3).fingerprint() == ActivationsConfig().fingerprint()
    assert ActivationsConfig(site=("post",)).fingerprint() != ActivationsConfig().fingerprint()


def test_a_measure_has_its_own_default_and_every_condition_as_choice() -> None:
    @dataclass(frozen=True)
    class Own(Config):
        condition: tuple[str, ...] = condition_option("data")
        other: tuple[str, ...] = condition_option("data", of_its_own="what only this measure does")

    docs = option_docs(Own)
    assert (docs["condition"].choices, docs["other"].choices) == (CONDITIONS, (*CONDITIONS, "of-its-own"))
    assert Own().condition == ("data",)
    assert docs["other"].doc.endswith("of the inputs); of-its-own (what only this measure does).")
