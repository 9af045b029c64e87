"""Steps of states along training."""

import pandas as pd

from geomgen.report.collect import RunTables
from geomgen.report.steps import with_steps
from tests.report.made_up_runs import RunMaker


def test_states_have_the_steps_of_their_names_and_the_last_that_of_training(make_run: RunMaker) -> None:
    run = make_run(epochs_done=3)
    rows = pd.DataFrame({"run_id": [run.id] * 3 + ["other"], "state": ["initial", "step-000010", "final", "final"]})
    found = with_steps(RunTables([run]), rows, "")["step"]
    assert found.iloc[:3].tolist() == [0, 10, 30]
    assert found.isna().tolist() == [False, False, False, True]
