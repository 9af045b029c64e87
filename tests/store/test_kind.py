"""Which runs a command can work on."""

from pathlib import Path

import pytest

from geomgen.store.kind import ANY, FINISHED, REPEATABLE, WITH_NETWORK, resumable
from geomgen.store.run import create_run
from geomgen.store.summary import summarise


@pytest.mark.parametrize(
    ("experiment", "status", "kinds"),
    [
        ("train", "complete", {"finished", "repeatable", "network"}),
        ("train", "failed", {"finished"}),
        ("train", "interrupted", {"finished", "resumable"}),
        ("train", "", {"resumable"}),
        ("emc", "complete", {"finished", "repeatable"}),
        ("emc", "", set()),
        ("sweep", "complete", {"finished"}),
    ],
)
def test_experiment_and_status_decide(tmp_path: Path, experiment: str, status: str, kinds: set[str]) -> None:
    run = create_run(tmp_path, experiment, "x", {}, {})
    if status:
        run.finish(status)
    all_kinds = {
        "finished": FINISHED,
        "repeatable": REPEATABLE,
        "network": WITH_NETWORK,
        "resumable": resumable("train"),
    }
    summary = summarise(run.path)
    assert {name for name, kind in all_kinds.items() if kind.fits(summary)} == kinds
    assert ANY.fits(summary)
