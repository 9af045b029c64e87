"""Which runs a setting has, and what it is called."""

import pytest

from geomgen.config.regress import RffConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.protocol import OTHERS, Protocol
from geomgen.report.setting import PUBLISHED, Setting, option_words
from tests.report.made_up_runs import RunMaker


def test_runs_of_a_config_whatever_their_width_and_seed(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1), make_run(epochs_done=1, width=64, seed=3), make_run(epochs_done=1, lr=0.1)]
    frame = RunTables(runs).collect("training", "").latest.frame
    assert set(PUBLISHED.rows(frame)["run_id"]) == {run.id for run in runs[:2]}
    assert set(Setting(TrainConfig(lr=0.1)).rows(frame)["run_id"]) == {runs[2].id}
    with pytest.raises(NoDataError, match=r"No run of the published protocol with lr 0.2 has been measured"):
        Setting(TrainConfig(lr=0.2)).rows(frame)


def test_data_of_the_same_name_are_never_taken_together(make_run: RunMaker) -> None:
    facts = {"layers": ["hidden1", "output"], "data_sha256": "1" * 64}
    others = [make_run(epochs_done=1, seed=seed) for seed in range(2)]
    odd = make_run(epochs_done=1, seed=2, facts=facts)
    frame = RunTables([*others, odd]).collect("training", "").latest.frame
    assert set(PUBLISHED.rows(frame)["run_id"]) == {run.id for run in others}


def test_runs_that_differ_in_idle_options_alone_are_one_of_which_the_latest_counts(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1), make_run(epochs_done=1, lr=0.1), make_run(epochs_done=1, seed=1, layer_norm=True)]
    frame = RunTables(runs).collect("training", "").latest.frame
    idle = Setting(TrainConfig(lr=0.3), idle=("lr", "epochs"))
    assert set(idle.rows(frame)["run_id"]) == {runs[1].id}
    assert idle.words == "the published protocol"
    assert idle.flags == "--lr 0.3"
    protocol = Protocol("slow", "Slow.", {"lr": 0.1, "layer_norm": True})
    assert idle.under(protocol) == Setting(TrainConfig(lr=0.3, layer_norm=True), idle=idle.idle)


def test_a_setting_is_not_larger_for_more_values_of_idle_options(make_run: RunMaker) -> None:
    facts = {"layers": ["hidden1", "output"], "data_sha256": "1" * 64}
    many = [make_run(epochs_done=1, lr=0.1, seed=seed) for seed in range(3)]
    varied = [make_run(epochs_done=1, lr=lr, facts=facts) for lr in (0.1, 0.2)]
    frame = RunTables([*many, *varied]).collect("training", "").latest.frame
    assert set(Setting(TrainConfig(), idle=("lr",)).rows(frame)["run_id"]) == {run.id for run in many}


def test_names() -> None:
    changed = Setting(TrainConfig(layer_norm=True, lr=0.1))
    assert changed.words == "the published protocol with layer norm, lr 0.1"
    assert changed.flags == "--layer-norm --lr 0.1"
    assert Setting(TrainConfig(bias=False)).flags == "--no-bias"
    assert Setting(RffConfig()).words == "regress rff"
    assert [option_words("layer_norm", False), option_words("arch", "lenet5")] == ["no layer norm", "lenet5"]


def test_the_options_of_a_protocol_take_the_place_of_its_own_and_are_not_free() -> None:
    protocol = Protocol("slow", "Slow.", {"lr": 0.1})
    moved = Setting(TrainConfig(epochs=3), ("lr", "arch")).under(protocol)
    assert moved == Setting(TrainConfig(epochs=3, lr=0.1), ("arch",))
    assert all(PUBLISHED.under(other).config != PUBLISHED.config for other in OTHERS if other.options)


def test_other_seeds_do_not_count_where_some_are_named(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1, seed=seed) for seed in range(4)]
    frame = RunTables(runs).collect("training", "").latest.frame
    some = Setting(TrainConfig(), seeds=range(1, 3))
    assert set(some.rows(frame)["run_id"]) == {run.id for run in runs[1:3]}
    assert (some.words, some.flags) == ("the published protocol with seeds 1 to 2", "--seed SEED")
    with pytest.raises(NoDataError, match="with seeds 7 to 8 has been measured"):
        Setting(TrainConfig(), seeds=range(7, 9)).rows(frame)
