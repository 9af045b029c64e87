"""Several quantities of the same runs in one frame."""

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import SETTING, RunTables
from geomgen.report.quantities.similarity import MEAN_COSINE
from geomgen.report.quantities.volume import LOG_DET
from geomgen.report.together import together
from tests.report.made_up_runs import RunMaker, summary_row

CHOSEN = {
    "cosine": MEAN_COSINE.of(state="initial", condition="data"),
    "volume": LOG_DET.of(state="final", condition="data"),
}


def test_a_row_a_run_with_null_for_what_it_lacks(make_run: RunMaker) -> None:
    summary = {"activation_similarity_summary": [summary_row("initial", "data", 0.5, 0.1)]}
    both = make_run({("final", "data"): 7.0}, tables=summary)
    one = make_run({("final", "data"): 8.0}, seed=1)
    rows = together(RunTables([both, one]), CHOSEN)
    assert rows["run_id"].tolist() == [both.id, one.id]
    assert rows["volume"].tolist() == [7.0, 8.0]
    assert rows["cosine"].tolist() == pytest.approx([0.5, float("nan")], nan_ok=True)
    assert rows[SETTING].nunique() == 1


def test_settings_stay_apart_and_nothing_is_said_of_nothing(make_run: RunMaker) -> None:
    runs = [make_run({("final", "data"): 7.0}), make_run({("final", "data"): 8.0}, lr=0.1)]
    assert together(RunTables(runs), CHOSEN)[SETTING].nunique() == 2
    with pytest.raises(NoDataError, match="No run has mean cosine similarity"):
        together(RunTables([make_run(epochs_done=1)]), CHOSEN)
