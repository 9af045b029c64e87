"""Of runs that were made again the last counts."""

from pathlib import Path

from geomgen.config.regress import OptimalSetConfig
from geomgen.experiments.regress import regress
from geomgen.store.catalog import runs
from tests.report.reading import report


def test_a_run_made_again_counts_once(tmp_path: Path) -> None:
    config = OptimalSetConfig(samples=5, features=(9,), repetitions=5, threads=1)
    for _ in range(2):
        regress(config, tmp_path)
    regress(OptimalSetConfig(samples=5, features=(9, 12), repetitions=5, threads=1), tmp_path)
    frame = report("optimal-set", runs(tmp_path)).main.frame
    assert frame["features"].tolist() == [9, 12]
