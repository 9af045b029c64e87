"""Ways back beside the network that they went on from, before and after its training, and the same from the start."""

import math

import pytest

from geomgen.errors import NoDataError
from tests.report.made_up_gone_on import Numbers, measured, went_on
from tests.report.made_up_runs import RunMaker
from tests.report.reading import report

BEFORE, TRAINED, END, FROM_START = (
    Numbers(200, 0.7, 100), Numbers(800, 0.2, 240, 0.98), Numbers(350, 0.6, 350, 0.96), Numbers(300, 0.65, 300, 0.95)
)  # fmt: skip
DECAY = {"weight_decay": 1.0}


def test_every_quantity_has_both_references_the_end_of_the_way_and_the_share_of_it(make_run: RunMaker) -> None:
    sources = [measured(make_run, BEFORE, TRAINED, seed=seed) for seed in range(2)]
    ways = [
        went_on(make_run, source, state, begun, ended.plus(10 * seed), seed=seed, **DECAY)
        for seed, source in enumerate(sources)
        for state, begun, ended in (("final", TRAINED, END), ("initial", BEFORE, FROM_START))
    ]
    frame = report("way-back", [*sources, *ways]).main.frame
    assert frame["way"].unique().tolist() == ["weight decay 1"]
    found = frame.set_index("quantity").loc["log determinant of activations"]
    assert [found[name] for name in ("before", "trained", "value", "from_start", "seeds")] == [200, 800, 355, 305, 2]
    assert found["back"] == pytest.approx(445 / 600)
    half = 12.706204736432095 * (10 / 600 / 2)
    assert (found["back_low"], found["back_high"]) == pytest.approx((445 / 600 - half, 445 / 600 + half))
    back = frame.set_index("quantity")["back"]
    assert back["mean cosine similarity"] == pytest.approx((0.2 - 0.6005) / (0.2 - 0.7))
    assert back["total correlation of activations"] == pytest.approx((240 - 355) / 140)
    assert math.isnan(back["test accuracy"])


def test_a_mean_is_of_all_seeds_or_not_given(make_run: RunMaker) -> None:
    sources = [measured(make_run, BEFORE, TRAINED, seed=seed) for seed in range(3)]
    ways = [
        went_on(make_run, one, "final", TRAINED, END.plus(seed), seed=seed, **DECAY) for seed, one in enumerate(sources)
    ]
    references = [
        went_on(make_run, one, "initial", BEFORE, FROM_START, seed=seed, **DECAY)
        for seed, one in enumerate(sources[:2])
    ]
    found = report("way-back", [*sources, *ways, *references]).main.frame.iloc[0]
    assert (found["value"], found["seeds"]) == (351, 3)
    assert math.isnan(found["from_start"])


def test_networks_of_other_settings_are_lines_of_their_own(make_run: RunMaker) -> None:
    runs = []
    for lr in (0.1, 0.2):
        source = measured(make_run, BEFORE, TRAINED, lr=lr)
        runs += [source, went_on(make_run, source, "final", TRAINED, END, lr=lr, **DECAY)]
    made = report("way-back", runs)
    assert sorted(set(made.main.frame["lr"])) == [0.1, 0.2]
    assert made.figures[0].numbers["series"].nunique() == 2


def test_the_figure_has_a_panel_for_each_quantity_and_a_row_for_each_way(make_run: RunMaker) -> None:
    source = measured(make_run, BEFORE, TRAINED)
    runs = [source, *(went_on(make_run, source, "final", TRAINED, END, weight_decay=decay) for decay in (0.5, 1.0))]
    figure = report("way-back", runs).figures[0].draw()
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "Log determinant of activations (nats)", "Mean cosine similarity", "Total correlation of activations (nats)",
        "Test accuracy",
    ]  # fmt: skip
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["weight decay 0.5", "weight decay 1"]
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {
        "before training", "trained, where the ways begin", "at the end of the way", "trained so from the start",
    }  # fmt: skip


def test_trainings_from_random_parameters_are_no_ways(make_run: RunMaker) -> None:
    with pytest.raises(NoDataError, match="No measured training went on from another run or learned from it"):
        report("way-back", [measured(make_run, BEFORE, TRAINED)])
