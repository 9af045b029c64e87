"""The command lines that a page gives for runs."""

from pathlib import Path

from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.report.commands import commands_of
from tests.report.made_up_runs import RunMaker, summary_row


def test_options_that_are_not_the_default(tmp_path: Path) -> None:
    make_run = RunMaker(tmp_path)
    assert commands_of(make_run(width=64)) == ["geomgen train --width 64 --seed 0"]
    assert commands_of(make_run(arch="lenet5", seed=3)) == ["geomgen train --arch lenet5 --width 84 --seed 3"]
    other = make_run(layer_norm=True, data="my data", lr=0.1)
    assert commands_of(other) == ["geomgen train --width 512 --layer-norm --data 'my data' --lr 0.1 --seed 0"]


def test_a_measure_made_again_with_other_threads_counts_once(tmp_path: Path) -> None:
    run = RunMaker(tmp_path)(epochs_done=1)
    config = ProbeActivationsConfig(condition=("data", "control-units")).to_mapping()
    for threads in (1, 2):
        measure = {"experiment": "probe-activations", "config": config | {"threads": threads}}
        run.add_rows("similarity", [summary_row("initial", "data", 0.5, 0.1)], measure)
    assert commands_of(run)[1:] == ["geomgen probe-activations RUN --condition data,control-units"]
