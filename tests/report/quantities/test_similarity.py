"""Quantities of similarity, from moments and histograms whose separations and overlaps are known."""

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.similarity import (
    COSINE_AFTER_NORM,
    COSINE_OVERLAP,
    GAUSSIAN,
    HISTOGRAM,
    L2_OVERLAP,
    MEAN_COSINE,
    SEPARATION,
    SUMMARY,
)
from geomgen.report.quantity import VALUE
from tests.report.made_up_runs import RunMaker, histogram_rows, summary_row


def test_a_separation_is_in_pooled_standard_deviations(make_run: RunMaker) -> None:
    rows = [summary_row("initial", "data", 0.6, 0.3), summary_row("initial", GAUSSIAN, 0.1, 0.4)]
    found = SEPARATION.rows(RunTables([make_run(tables={SUMMARY: rows})])).frame
    assert found["condition"].tolist() == [GAUSSIAN]
    assert found[VALUE].tolist() == pytest.approx([0.5 / 0.125**0.5])


def test_an_overlap_is_the_shared_area_of_each_metric(make_run: RunMaker) -> None:
    shares = {"data": (0.8, 0.2), "permuted-pixels": (0.5, 0.5)}
    rows = [row for condition, share in shares.items() for row in histogram_rows("initial", condition, share)]
    tables = RunTables([make_run(tables={HISTOGRAM: rows + histogram_rows("initial", "data", (1.0, 0.0), "l2")})])
    assert COSINE_OVERLAP.rows(tables).frame[VALUE].tolist() == pytest.approx([0.7])
    assert L2_OVERLAP.rows(tables).frame.empty


def test_both_sites_of_the_penultimate_layer(make_run: RunMaker) -> None:
    rows = [
        summary_row("initial", "data", mean, 0.1, layer=layer, site=site)
        for layer, site, mean in (("hidden1", "pre", 0.1), ("hidden2", "pre", 0.2), ("hidden2", "post", 0.3))
    ]
    tables = RunTables([make_run(tables={SUMMARY: rows})])
    found = [quantity.rows(tables).frame[VALUE].tolist() for quantity in (MEAN_COSINE, COSINE_AFTER_NORM)]
    assert found == [[0.2], [0.3]]
    assert "geomgen probe-activations RUN --site pre,post" in COSINE_AFTER_NORM.commands()
