"""Series of networks that differ along one axis: which runs join them, and what they are called."""

import pytest

from geomgen.report.claims.t5_networks import NOISY
from geomgen.report.collect import RunTables
from geomgen.report.quantities.noisy_labels import TABLE, Series, all_series, noisy, series_along
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker
from tests.report.noisy_runs import EPOCHS, SIZES, WIDTHS, noisy_run


def over_widths(make_run: RunMaker, num_seeds: int = 2, **options: object) -> list[Run]:
    return [noisy_run(make_run, {9: error}, seed, width=width, **{"train_size": 200, **options})
            for width, error in WIDTHS.items() for seed in range(num_seeds)]  # fmt: skip


def series(runs: list[Run], axis: str) -> list[Series]:
    return all_series(RunTables(runs), axis, NOISY)


def test_errors_and_complexity(make_run: RunMaker) -> None:
    run = noisy_run(make_run, {9: 0.3}, 0, width=8, train_size=200)
    clean = noisy_run(make_run, {9: 0.3}, 0, width=8, train_size=200, label_noise=0.0)
    rows = noisy(RunTables([run, clean]).collect(TABLE, "").frame)
    (row,) = rows.to_dict("records")
    assert (row["test_error"], row["train_error"]) == (pytest.approx(0.3), pytest.approx(0.05))
    assert (row["parameters_over_images"], row["parameters_over_outputs"]) == (4, 1)


def test_settings_are_apart_and_named_by_what_differs(make_run: RunMaker) -> None:
    runs = [*over_widths(make_run), *over_widths(make_run, lr=0.5)]
    assert [one.name for one in series(runs, "width")] == ["lr 0.001", "lr 0.5"]
    assert [one.name for one in series(runs[:10], "width")] == ["mlp, train size 200"]
    assert series(runs[:10], "width")[0].curves.shape == (2, 5)


def test_a_seed_with_gaps_is_left_out(make_run: RunMaker) -> None:
    runs = [*over_widths(make_run), noisy_run(make_run, {9: 0.9}, 7, width=4, train_size=200)]
    assert series(runs, "width")[0].curves.index.tolist() == [0, 1]


def test_too_few_points_are_no_series(make_run: RunMaker) -> None:
    assert not series(over_widths(make_run)[:8], "width")


def test_one_network_along_images_and_epochs(make_run: RunMaker) -> None:
    sizes = [noisy_run(make_run, {9: error}, seed, width=8, train_size=size)
             for size, error in SIZES.items() for seed in range(2)]  # fmt: skip
    assert [(one.name, one.peak.peak) for one in series(sizes, "train_size")] == [("mlp", 400)]
    epochs = [noisy_run(make_run, EPOCHS, seed, width=width, train_size=300) for width in (8, 16) for seed in range(2)]
    rows = noisy(RunTables(epochs).collect(TABLE, "").latest.frame)
    assert [one.name for one in series_along(rows, "epoch")] == ["width 8", "width 16"]


def test_a_run_that_was_made_again_counts_once(make_run: RunMaker) -> None:
    runs = over_widths(make_run)
    runs.append(noisy_run(make_run, {3: 0.1, 9: 0.2}, 0, width=8, train_size=200))
    assert series(runs, "width")[0].curves.loc[0, 8] == pytest.approx(0.2)
