"""The run that an experiment works in: new, or an earlier one of the same config and facts."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from geomgen.config.base import Config
from geomgen.config.emc import EmcConfig
from geomgen.config.registry import MAKERS
from geomgen.errors import InterruptedRunError, UsageError
from geomgen.experiments.entry import maker
from geomgen.experiments.new_run import Tables, reserved, run_of_tables
from geomgen.progress import OnProgress, silent
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


SMALL: dict[str, dict[str, Any]] = {
    "llc": {"potential": "quadratic"},
    "volume --space parameters": {"potential": "quadratic"},
}
"""Options that experiments need to make a run."""
OF_FILES = {"import", "train"}
"""Experiments whose runs hold networks: what they have trained so far is kept."""


@pytest.mark.parametrize("name", sorted(MAKERS.keys() - OF_FILES))
def test_work_that_is_refused_late_leaves_no_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every experiment that makes runs of tables: these cannot be made any other way."""
    record = MAKERS[name]

    def refuse() -> Tables:
        raise UsageError("Nothing fits.", "Ask for less.")

    def refusing(
        config: Config, label: str, facts: Any, runs_dir: Path, _: Any, *, reuse: bool, progress: OnProgress
    ) -> Run:
        return run_of_tables(config, label, facts, runs_dir, refuse, reuse=reuse, progress=progress)

    monkeypatch.setattr(import_module(f"geomgen.experiments.{record.make.split(':')[0]}"), "run_of_tables", refusing)
    with pytest.raises(UsageError, match="Nothing fits"):
        maker(record)(record.config(**SMALL.get(name, {})), tmp_path)
    assert not runs(tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_run_stays(tmp_path: Path) -> None:
    def stop() -> Tables:
        raise InterruptedRunError("Stopped.", "Go on.")

    with pytest.raises(InterruptedRunError):
        run_of_tables(CONFIG, "x", {}, tmp_path, stop, reuse=True, progress=silent)
    assert [run.status for run in runs(tmp_path)] == ["unfinished"]
