"""Which runs a command can work on."""

from pathlib import Path

import pytest

from geomgen.store.kind import ANY, FINISHED, REPEATABLE, WITH_NETWORK, resumable
from geomgen.store.run import create_run
from geomgen.store.summary import summarise


@pytest.mark.parametrize(
    ("experiment", "status", "states", "kinds"),
    [
        ("train", "complete", ["final"], {"finished", "repeatable", "network"}),
        ("train", "complete", [], {"finished", "repeatable"}),
        ("import", "complete", ["final"], {"finished", "repeatable", "network"}),
        ("import", "complete", [], {"finished"}),
        ("train", "failed", ["final"], {"finished"}),
        ("train", "interrupted", ["resume"], {"finished", "resumable"}),
        ("train", "", ["initial"], {"resumable"}),
        ("emc", "complete", [], {"finished", "repeatable"}),
        ("emc", "", [], set()),
        ("sweep", "complete", [], {"finished"}),
    ],
)
def test_experiment_status_and_checkpoints_decide(
    tmp_path: Path, experiment: str, status: str, states: list[str], kinds: set[str]
) -> None:
    run = create_run(tmp_path, experiment, "x", {}, {})
    for state in states:
        run.save_state(state, {}, {})
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
