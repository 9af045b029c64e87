"""Every record of geomgen.config is found by its name, and by its config."""

from geomgen.config.registry import EXPERIMENTS, FIRST, MAKERS, MEASURES, record_of
from geomgen.config.train import TRAIN, TrainConfig
from geomgen.config.volume import VOLUME


def test_each_record_stands_under_its_name_and_the_first_comes_first() -> None:
    names = list(EXPERIMENTS)
    assert all(record.name == name for name, record in EXPERIMENTS.items())
    assert names[0] == FIRST
    assert names[1:] == sorted(names[1:])


def test_an_experiment_makes_a_run_or_measures_one() -> None:
    assert MAKERS.keys() | MEASURES.keys() == EXPERIMENTS.keys()
    assert not MAKERS.keys() & MEASURES.keys()
    assert (MAKERS["train"], MEASURES["volume"]) == (TRAIN, VOLUME)


def test_a_config_belongs_to_one_experiment() -> None:
    assert record_of(TrainConfig(width=3)) is TRAIN
    assert all(record_of(record.config()) is record for record in EXPERIMENTS.values())
