"""The similarity report on made-up runs: which rows it takes, in which order, and what the figure draws."""

import io
from collections.abc import Sequence
from typing import Any

import pytest

from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.errors import NoDataError
from geomgen.report.content import MadeReport
from geomgen.report.quantities.similarity import HISTOGRAM, SUMMARY
from geomgen.report.similarity import SERIES
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker, histogram_rows, summary_row
from tests.report.reading import report as reported


def probed(
    make_run: RunMaker, mean: float = 0.5, densities: tuple[float, ...] = (0.0, 1.0), bins: int = 200, **options: Any
) -> Run:
    summaries = [summary_row(*key, mean, 0.1, metric) for key in reversed(SERIES) for metric in ("cosine", "l2")]
    rows = [row for key in SERIES for metric in ("cosine", "l2") for row in histogram_rows(*key, densities, metric)]
    asked = {"probe-activations": ProbeActivationsConfig(bins=bins)}
    return make_run(tables={SUMMARY: summaries, HISTOGRAM: rows}, measures=asked, **options)


def report(*runs: Run) -> MadeReport:
    return reported("similarity", runs)


def test_means_over_seeds_in_the_order_of_the_legend(make_run: RunMaker) -> None:
    made = report(*(probed(make_run, mean, seed=seed) for seed, mean in enumerate((0.4, 0.6))))
    assert made.main.layout["activations"].tolist() == [
        "initial", "initial, predicted at infinite width", "initial, pixels permuted",
        "initial, control 1: units permuted", "initial, control 2: Gaussian", "initial, Gaussian unit by unit",
        "trained", "trained, pixels permuted",
    ]  # fmt: skip
    row = made.main.frame.iloc[0]
    assert (row["mean"], row["mean_std"], row["seeds"]) == (pytest.approx(0.5), pytest.approx(0.02**0.5), 2)
    assert [table.name for table in made.tables] == ["similarity", "similarity-l2"]


def test_why_activations_start_alike_is_said_where_it_is_known(make_run: RunMaker) -> None:
    made = report(*(probed(make_run, width / 1000, width=width) for width in (16, 64)))
    assert made.notes[0].startswith("Initial activations are alike because their inputs are: ")
    assert made.notes[0].endswith(" Of mlp, width 64, the mean cosine is 0.064, and 0.064 is predicted.")
    bins = histogram_rows("initial", "data", [0.5])
    tables: dict[str, Sequence[Any]] = {SUMMARY: [summary_row("initial", "data", 0.5, 0.1)], HISTOGRAM: bins}
    assert report(make_run(tables=tables)).notes == ()


def test_why_activations_start_alike_is_said_of_one_setting(make_run: RunMaker) -> None:
    made = report(
        *(probed(make_run, 0.5, width=64, seed=seed) for seed in (0, 1)),
        probed(make_run, 0.9, layer_norm=True, width=64),
    )
    assert made.notes[0].endswith(" the mean cosine is 0.500, and 0.500 is predicted.")


def test_a_panel_a_width_and_a_line_a_series(make_run: RunMaker) -> None:
    made = report(*(probed(make_run, width=width) for width in (64, 16)))
    figure = made.figures[0].draw()
    assert [ax.get_title() for ax in figure.axes] == ["mlp, width 16", "mlp, width 64"]
    assert [ax.get_xlabel() for ax in figure.axes] == ["Cosine similarity"] * 2
    assert all(len(ax.lines) == len(SERIES) for ax in figure.axes)
    looks = {(line.get_color(), str(line.get_linestyle()), line.get_linewidth()) for line in figure.axes[0].lines}
    assert len(looks) == len(SERIES)


def test_densities_are_means_over_seeds(make_run: RunMaker) -> None:
    made = report(probed(make_run, densities=(0.0, 1.0)), probed(make_run, densities=(0.5, 0.5), seed=1))
    numbers = made.figures[0].numbers
    assert numbers[numbers["series"] == "trained"]["density"].tolist() == [0.25, 0.75]


def test_other_bins_and_other_options_are_not_drawn(make_run: RunMaker) -> None:
    runs = [probed(make_run), probed(make_run, seed=1), probed(make_run, epochs=1)]
    runs += [probed(make_run, seed=seed, densities=(0.25,) * 4, bins=4) for seed in range(3)]
    made = report(*runs)
    assert made.notes[-1] == "mlp: only the runs with epochs 10, bins 4 are shown; 3 with other options are not."
    assert set(made.figures[0].numbers["bin_low"]) == {-1, -0.5, 0, 0.5}
    assert made.main.frame["seeds"].tolist() == [1] * len(SERIES) + [3] * len(SERIES)


def test_each_architecture_is_drawn_with_its_commonest_options_and_each_metric_where_it_was_measured(
    make_run: RunMaker,
) -> None:
    whole = [probed(make_run, width=width) for width in (16, 64)]
    bins = histogram_rows("final", "data", (0.5, 0.5))
    only_cosine: dict[str, Sequence[Any]] = {SUMMARY: [summary_row("final", "data", 0.5, 0.1)], HISTOGRAM: bins}
    partly = [make_run(tables=only_cosine, arch=arch, epochs=3, width=84) for arch in ("lenet5", "mlp")]
    cosine, distance = report(*whole, *partly).figures
    assert list(dict.fromkeys(cosine.numbers["panel"])) == [
        "mlp, width 16",
        "mlp, width 64",
        "lenet5, width 84, epochs 3",
    ]
    assert list(dict.fromkeys(distance.numbers["panel"])) == ["mlp, width 16", "mlp, width 64"]


def test_only_the_penultimate_layer_before_its_nonlinearity(make_run: RunMaker) -> None:
    other = summary_row("initial", "data", 0.5, 0.1, layer="hidden1")
    run = make_run(tables={SUMMARY: [other], HISTOGRAM: histogram_rows("initial", "data", [0.5])})
    with pytest.raises(NoDataError, match=r"penultimate layer, site pre\. .*geomgen probe-activations RUN"):
        report(run)


def test_the_name_of_a_network_is_not_a_formula(make_run: RunMaker) -> None:
    made = report(probed(make_run, data="$\\input{x}$"), probed(make_run, data="$2", arch="lenet5"))
    made.figures[0].draw().savefig(io.BytesIO())
