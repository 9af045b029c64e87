"""Quantities: read from one table, selected by state and setting, combined seed by seed."""

import math
from typing import Any

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.protocol import Protocol
from geomgen.report.quantities.similarity import COSINE_AFTER_NORM, MEAN_COSINE, SEPARATION
from geomgen.report.quantities.training import TEST_ACCURACY
from geomgen.report.quantity import log_ratio
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker, summary_row

INITIAL, FINAL = MEAN_COSINE.of(state="initial", condition="data"), MEAN_COSINE.of(state="final", condition="data")


def _probed(make_run: RunMaker, before: float, after: float, **options: Any) -> Run:
    rows = [summary_row("initial", "data", before, 0.1), summary_row("final", "data", after, 0.2)]
    rows.append(summary_row("initial", "data", 9.0, 0.1, metric="l2"))
    return make_run(tables={"activation_similarity_summary": rows}, **options)


def test_values_by_width_and_seed_of_the_chosen_rows_alone(make_run: RunMaker) -> None:
    tables = RunTables([
        _probed(make_run, 0.5, 0.2, seed=1), _probed(make_run, 0.6, 0.3, width=64), _probed(make_run, 0.9, 0.8, lr=0.1),
    ])  # fmt: skip
    assert INITIAL.values(tables).to_dict() == {(64, 0): 0.6, (512, 1): 0.5}
    assert INITIAL.among(lr=0.1).values(tables).to_dict() == {(512, 0): 0.9}


def test_a_later_run_with_the_same_options_and_seed_replaces_an_earlier_one(make_run: RunMaker) -> None:
    tables = RunTables([_probed(make_run, 0.5, 0.2), _probed(make_run, 0.7, 0.2)])
    assert INITIAL.values(tables).tolist() == [0.7]


def test_a_network_before_training_is_the_same_however_it_is_trained(make_run: RunMaker) -> None:
    runs = [
        _probed(make_run, 0.5, 0.2),
        _probed(make_run, 0.6, 0.1, seed=1, lr=0.1, epochs=3),
        _probed(make_run, 0.9, 0.8, bias=False),
    ]
    tables = RunTables([*runs, _probed(make_run, 0.5, 0.3, weight_decay=0.0)])
    before = MEAN_COSINE.of(state="initial", condition="data")
    assert before.untrained().values(tables).to_dict() == {(512, 0): 0.5, (512, 1): 0.6}
    assert before.untrained(bias=False).values(tables).tolist() == [0.9]
    assert before.untrained(bias=False).words == "mean cosine similarity (before training, no bias)"


def test_combinations_are_of_the_same_width_and_seed(make_run: RunMaker) -> None:
    tables = RunTables([_probed(make_run, 0.5, 0.2), _probed(make_run, 0.6, 0.1, seed=1)])
    assert (FINAL - INITIAL).values(tables).tolist() == pytest.approx([-0.3, -0.5])
    assert (FINAL / INITIAL).values(tables).tolist() == pytest.approx([0.4, 1 / 6])
    assert log_ratio(FINAL, INITIAL).values(tables).tolist() == pytest.approx([math.log(0.4), math.log(1 / 6)])
    with pytest.raises(NoDataError, match=r"No run of the published protocol with lr 0\.1 has been measured"):
        (FINAL.among(lr=0.1) - FINAL).values(tables)


def test_words_name_what_differs_and_what_both_sides_share() -> None:
    assert INITIAL.words == "mean cosine similarity (before training)"
    assert (FINAL - INITIAL).words == "mean cosine similarity (trained minus before training)"
    layer_norm = INITIAL.among(layer_norm=True) - INITIAL
    assert layer_norm.words == "mean cosine similarity (layer norm minus no layer norm, before training)"
    separation = SEPARATION.of().among(lr=0.1, depth=3) / MEAN_COSINE.of().among(lr=0.1, depth=3)
    assert separation.words == f"{SEPARATION.title} over the {MEAN_COSINE.title} (depth 3, lr 0.1)"
    apart = SEPARATION.of().among(lr=0.1) / MEAN_COSINE.of()
    assert apart.words == f"{SEPARATION.title} (lr 0.1) over the {MEAN_COSINE.title}"
    assert MEAN_COSINE.remedy == "Make one with: geomgen train, then geomgen probe-activations RUN"


def test_a_quantity_that_no_run_has_says_how_to_get_it(make_run: RunMaker) -> None:
    tables = RunTables([_probed(make_run, 0.5, 0.2)])
    with pytest.raises(NoDataError, match=r"No run has"):
        SEPARATION.of(condition="control-units").values(tables)


def test_activations_of_another_site_are_another_quantity() -> None:
    after = MEAN_COSINE.at("post")
    assert after is MEAN_COSINE.at("post")
    assert (after.site, after.flags) == ("post", "--site post")
    assert after.title == "mean cosine similarity after its norm and nonlinearity"
    assert MEAN_COSINE.at("") is MEAN_COSINE.at("pre") is MEAN_COSINE
    assert COSINE_AFTER_NORM.at("post") is COSINE_AFTER_NORM
    assert TEST_ACCURACY.at("post") is TEST_ACCURACY


def test_a_protocol_changes_both_sides_but_not_what_they_differ_in() -> None:
    both = FINAL.among(weight_decay=0.1) - INITIAL
    moved = both.under(Protocol("slow", "Slow.", {"lr": 0.5}))
    assert [one.setting.changed for one in moved.selections] == [{"lr": 0.5, "weight_decay": 0.1}, {"lr": 0.5}]
    assert (both.compared, moved.compared, FINAL.compared) == ({"weight_decay"}, {"weight_decay"}, set())
