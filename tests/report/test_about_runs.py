"""What older runs are taken to have been asked, and by what the same name is told apart."""

import json
from typing import Any

from geomgen.fields import DATA_DIGEST
from geomgen.report.collect import RunTables, varying_options
from tests.report.made_up_runs import FACTS, RunMaker


def test_an_older_run_has_the_defaults_of_newer_options(make_run: RunMaker) -> None:
    older, newer = make_run(epochs_done=1, seed=1), make_run(epochs_done=1)
    content = json.loads((older.path / "config.json").read_text())
    del content["config"]["layer_norm"]
    (older.path / "config.json").write_text(json.dumps(content))
    older.finish("complete")
    frame = RunTables([older, newer]).collect("training", "").frame
    assert frame["layer_norm"].tolist() == [False, False]
    assert varying_options(frame) == []


def test_a_digest_tells_data_apart_where_no_option_does(make_run: RunMaker) -> None:
    def varying(**options: Any) -> list[str]:
        runs = [make_run(epochs_done=1), make_run(epochs_done=1, facts=FACTS | {DATA_DIGEST: "f" * 16}, **options)]
        return varying_options(RunTables(runs).collect("training", "").frame)

    assert varying() == [DATA_DIGEST]
    assert varying(pool=2) == ["pool"]
    assert varying(classes=3) == ["classes"]
