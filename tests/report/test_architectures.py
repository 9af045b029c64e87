"""Architectures are compared with what differs between their runs, and nothing else."""

from typing import Any

import pytest

from geomgen.errors import NoDataError
from geomgen.report.quantities.similarity import SUMMARY
from geomgen.store.run import Run
from tests.report.made_up_runs import FACTS, RunMaker, summary_row
from tests.report.reading import report

LENET = FACTS | {"layers": ["conv1", "hidden2", "output"]}


def trained(make_run: RunMaker, log_det: float, **options: Any) -> Run:
    return make_run({("initial", "data"): 100.0, ("final", "data"): log_det}, **options)


def test_architectures_are_told_apart_by_name_and_not_by_their_defaults(make_run: RunMaker) -> None:
    similar = [summary_row(state, "data", 0.7, 0.1) for state in ("initial", "final")]
    mlp = make_run({("initial", "data"): 5.0, ("final", "data"): 7.0}, tables={SUMMARY: similar}, width=64)
    lenet = make_run(tables={SUMMARY: similar}, arch="lenet5", facts=LENET)
    made = report("architectures", [mlp, lenet])
    assert made.main.frame[["arch", "width"]].to_numpy().tolist() == [["lenet5", 84], ["mlp", 64]]
    assert "depth" not in made.main.frame
    assert made.main.layout["initial\nlog\ndet\nnats"].tolist() == ["-", "5"]
    assert made.main.layout["trained\ncosine"].tolist() == ["0.700", "0.700"]
    assert [ax.get_ylabel() for ax in made.figures[0].draw().axes] == [
        "Mean cosine similarity of pairs", "Standard deviation over pairs", "Log determinant (nats)",
        "Participation ratio (dimensions)",
    ]  # fmt: skip
    assert made.notes == ()


def test_architectures_need_only_one_of_the_tables(make_run: RunMaker) -> None:
    made = report("architectures", [trained(make_run, 7.0)])
    assert made.main.frame["trained_log_det_nats"].tolist() == [7]
    with pytest.raises(NoDataError, match="of 1 in all, has a table 'activation_similarity_summary'"):
        report("architectures", [make_run(epochs_done=1)])


def test_an_option_of_one_architecture_hides_no_other(make_run: RunMaker) -> None:
    runs = [trained(make_run, 7.0, arch=arch, facts=facts) for arch, facts in (("mlp", FACTS), ("lenet5", LENET))]
    made = report("architectures", [*runs, trained(make_run, 9.0, depth=3)])
    assert set(made.figures[0].numbers["series"]) == {"mlp", "lenet5"}
    assert made.notes == ("Only the runs with depth default are shown; 1 with other options are not.",)
    assert made.main.frame["trained_log_det_nats"].tolist() == [7, 7, 9]
    assert made.main.frame["depth"].tolist() == [4, 2, 3]


def test_a_rerun_fills_in_what_the_first_run_lacks(make_run: RunMaker) -> None:
    first = make_run({("initial", "data"): 5.0, ("final", "data"): 7.0})
    later = make_run({("final", "data"): 8.0}, tables={SUMMARY: [summary_row("initial", "data", 0.7, 0.1)]})
    (row,) = report("architectures", [first, later]).main.frame.to_dict("records")
    found = [row[name] for name in ("initial_cosine", "initial_log_det_nats", "trained_log_det_nats", "seeds")]
    assert found == [0.7, 5, 8, 1]
