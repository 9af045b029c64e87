"""What every measure goes through: only finished runs, one lock, rows in place of their own."""

from pathlib import Path

import pytest

from geomgen.config.volume import VolumeConfig
from geomgen.errors import DataError
from geomgen.experiments.measure_run import measured, require_measurable
from geomgen.experiments.new_run import Tables
from tests.report.made_up_runs import RunMaker, layer_row, volume_row


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("unfinished", r"is unfinished\. Finish it with: geomgen train --resume"),
        ("interrupted", r"is interrupted\. Finish it with: geomgen train --resume"),
        ("failed", " failed: .*Measure a run that is complete"),
    ],
)
def test_only_a_complete_run_is_measured(tmp_path: Path, status: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        require_measurable(RunMaker(tmp_path)(epochs_done=1, status=status), "volume")


def test_rows_of_every_table_are_kept_and_measured_once(tmp_path: Path) -> None:
    run, calls = RunMaker(tmp_path)(epochs_done=1), []

    def compute(config: VolumeConfig) -> Tables:
        calls.append(config)
        return {
            "layer_statistics": [layer_row("hidden1", "final", 1.0)],
            "activation_volume": [volume_row("final", "data", float(len(calls)))],
        }

    config = VolumeConfig(rule=("relative",))
    assert set(measured(run, config, compute, reuse=True)) == {"layer_statistics", "activation_volume"}
    assert measured(run, config, compute, reuse=True) == {}
    assert run.table("activation_volume")["log_det_nats"].tolist() == [1]
    measured(run, config, compute, reuse=False)
    assert run.table("activation_volume")["log_det_nats"].tolist() == [2]
    assert [measure["experiment"] for measure in run.measures] == ["volume"]
    assert all(one.threads is not None for one in calls)
