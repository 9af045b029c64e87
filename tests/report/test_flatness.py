"""Volume, trace and test error beside each other, and their rank correlations within settings and over all."""

from dataclasses import replace

import pytest

from geomgen.report.content import MadeReport
from geomgen.report.quantities.parameter_volume import TABLE
from geomgen.tables.parameter_volume import DEPARTS, ParameterVolumeRow
from tests.report.made_up_learning import ROW
from tests.report.made_up_runs import RunMaker, fitted_row, training_row
from tests.report.made_up_volumes import drawn_row, volume_row
from tests.report.reading import report


def rows_of(volume: float, trace: float) -> list[ParameterVolumeRow]:
    return [volume_row(volume, trace=trace), volume_row(volume - 1, gauge="rebalanced", trace=trace + 1)]


def made(make_run: RunMaker, within: float, *, converged: bool = True) -> MadeReport:
    """Return the report of trainings whose accuracy rises by 0.1 with the rate, and with volume in one setting."""
    runs = [
        make_run(
            tables={
                "training": [fitted_row(0.5 + 10 * lr + within * seed)],
                TABLE: rows_of(-1000 * lr + seed, 100 * lr - 0.1 * seed),
                "llc": [replace(ROW, num_samples=100, llc=100 * lr - 0.1 * seed, converged=converged)],
            },
            lr=lr, seed=seed,
        )
        for lr in (0.01, 0.02) for seed in range(6)
    ]  # fmt: skip
    return report("flatness", runs)


@pytest.mark.parametrize(("within", "sign"), [(0.001, -1), (-0.001, 1)])
def test_a_correlation_within_settings_is_told_from_that_over_all(make_run: RunMaker, within: float, sign: int) -> None:
    _, ranks = made(make_run, within).tables
    frame = ranks.frame.set_index(["first", "second"])
    for name, side in {
        "log_volume_nats": 1,
        "balanced_log_volume_nats": 1,
        "trace": -1,
        "balanced_trace": -1,
        "learning_coefficient": -1,
    }.items():
        row = frame.loc[[(name, "test_error")]].iloc[0]
        assert row["within_setting"] == pytest.approx(side * sign)
        assert row["within_setting_low"] * row["within_setting_high"] > 0
        assert row["correlation"] * side > 0
    assert set(frame["runs"]) == {12}


def test_a_row_for_each_setting_and_a_point_for_each_training(make_run: RunMaker) -> None:
    found = made(make_run, 0.001)
    assert found.main.frame["seeds"].tolist() == [6, 6]
    assert found.main.frame["log_volume_nats"].tolist() == pytest.approx([-7.5, -17.5])
    assert found.main.frame["learning_coefficient"].tolist() == pytest.approx([0.75, 1.75])
    (figure,) = found.figures
    assert len(figure.numbers) == 12
    assert figure.numbers["series"].unique().tolist() == ["lr 0.01", "lr 0.02"]
    axes = figure.draw().axes
    assert [ax.get_xlabel() for ax in axes] == ["ln of the prior's mass (nats)", "Trace of the second derivatives"]
    assert axes[0].get_xlim() != axes[1].get_xlim()


def test_chains_that_did_not_converge_give_no_coefficient_and_a_note_says_so(make_run: RunMaker) -> None:
    found = made(make_run, 0.001, converged=False)
    assert found.main.frame["learning_coefficient"].isna().all()
    assert found.notes == ("learning_coefficient of 12 of 12 trainings is not known: no chains around them converged.",)


def test_a_note_counts_trainings_around_which_the_quadratic_holds(make_run: RunMaker) -> None:
    holds, departs = (replace(volume_row(-1.0), quadratic_correction_nats=one) for one in (0.1, -2.0))
    departs = replace(departs, verdict=f"negative curvature, {DEPARTS}")
    tables = [[holds], [holds, replace(departs, gauge="rebalanced")], [volume_row(-1.0)], [holds, drawn_row(-1.0)]]
    runs = [
        make_run(tables={"training": [fitted_row(0.5)], TABLE: rows}, seed=seed) for seed, rows in enumerate(tables)
    ]
    assert report("flatness", runs).notes[-1] == (
        "The quadratic holds around 2 of 3 trainings; around the others volumes are those of the quadratic region. "
        "Around 1 more it is not known."
    )


def test_trainings_that_are_not_at_a_minimum_are_left_out(make_run: RunMaker) -> None:
    rows = rows_of(-1.0, 1.0)
    runs = [
        make_run(tables={"training": [row], TABLE: rows}, seed=seed)
        for seed, row in enumerate((fitted_row(0.5), training_row(1, 0.5)))
    ]
    found = report("flatness", [*runs, make_run(epochs_done=1, seed=2)])
    assert found.main.frame["seeds"].tolist() == [1]
    assert found.notes[0] == ("1 of 2 trainings are left out: their training accuracy is below 1, so not at a minimum.")
