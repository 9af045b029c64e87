"""The run that an experiment works in: new, or an earlier one of the same config and facts."""

from pathlib import Path

import pytest

from geomgen.config.emc import EmcConfig
from geomgen.experiments.new_run import Tables, reserved, run_of_tables
from geomgen.progress import silent
from geomgen.store.catalog import runs
from geomgen.store.reuse import is_in_use
from geomgen.store.run import Run
from geomgen.tables.complexity import EmcProbeRow

CONFIG = EmcConfig().filled()


def _make(root: Path, *, reuse: bool, facts: dict[str, object] | None = None, error: float = 0.5) -> Run:
    def make() -> Tables:
        return {"emc_probes": [EmcProbeRow(10, 0, error)]}

    return run_of_tables(CONFIG, "x", facts or {}, root, make, reuse=reuse, progress=silent)


def test_a_run_is_its_tables(tmp_path: Path) -> None:
    run = _make(tmp_path, reuse=False)
    assert (run.status, run.experiment, run.tables) == ("complete", "emc", ["emc_probes"])
    assert run.config == CONFIG.to_mapping()
    assert run.table("emc_probes")["train_error"].tolist() == [0.5]


def test_an_earlier_run_counts_if_its_facts_are_the_same(tmp_path: Path) -> None:
    first = _make(tmp_path, reuse=False)
    assert _make(tmp_path, reuse=True, error=0.9).id == first.id
    assert _make(tmp_path, reuse=True, facts={"data_sha256": "other"}).id != first.id
    assert _make(tmp_path, reuse=False).id != first.id
    assert len(runs(tmp_path)) == 3


def test_what_fails_leaves_an_unfinished_run_that_is_gone_on_with(tmp_path: Path) -> None:
    def fail() -> Tables:
        raise MemoryError

    with pytest.raises(MemoryError):
        run_of_tables(CONFIG, "x", {}, tmp_path, fail, reuse=True, progress=silent)
    (left,) = runs(tmp_path)
    assert left.status == "unfinished"
    assert _make(tmp_path, reuse=True).id == left.id


def test_a_new_run_is_held_while_it_is_made(tmp_path: Path) -> None:
    with reserved(CONFIG, "x", {}, tmp_path, reuse=False, progress=silent) as run:
        assert (run.experiment, run.status, run.facts) == ("emc", "unfinished", {})
        assert is_in_use(run)
