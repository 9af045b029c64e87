"""What the report of curvature says of made-up runs: shares against thresholds, densities, and sharpness."""

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.reports import REPORTS
from geomgen.store.run import Run
from tests.report.made_up_curvature import DENSE, LANCZOS, curvature, summary_row
from tests.report.made_up_runs import RunMaker


def _report(*runs: Run) -> MadeReport:
    return REPORTS["spectrum"].build(RunTables(runs))


def test_a_row_per_network_and_state_in_the_order_of_training(make_run: RunMaker) -> None:
    rows = [
        summary_row(state, share, sharpness_times_lr=sharpness)
        for state, share, sharpness in (("final", 0.9, 2.0), ("step-000010", 0.8, 1.0), ("initial", 0.5, 0.1))
    ]
    runs = [
        make_run(tables=curvature(*rows), width=width, seed=seed, epochs_done=2)
        for width in (8, 16)
        for seed in range(2)
    ]
    found = _report(*runs)
    frame = found.main.frame
    assert frame["state"].tolist() == ["initial", "step-000010", "final"] * 2
    assert frame["near_zero_fraction_1e_4"].tolist() == [0.5, 0.8, 0.9] * 2
    assert set(frame["seeds"]) == {2}
    assert set(frame["known_zero_fraction"]) == {0.2}
    assert [figure.name for figure in found.figures] == ["spectrum", "spectrum-density", "spectrum-sharpness"]
    sharpness = found.figures[2].numbers
    of_one = sharpness[sharpness["width"] == 8].set_index("step")["sharpness_times_lr"]
    assert of_one.to_dict() == {0: 0.1, 10: 1.0, 20: 2.0}
    for figure in found.figures:
        assert all(ax.lines and ax.get_xlabel() and ax.get_ylabel() for ax in figure.draw().axes)


def test_shares_that_steps_leave_open_have_error_bars_and_a_note(make_run: RunMaker) -> None:
    found = _report(make_run(tables=curvature(summary_row("final", 0.5, LANCZOS, spread=0.3))))
    assert "Shares without all eigenvalues are the middle of their bounds" in found.notes[-1]
    assert "up to 0.0001 of the largest: 0.20 to 0.80" in found.notes[-1]
    shares = found.figures[0].numbers
    assert shares["share"].tolist() == [0.5] * 5
    assert shares["uncertainty"].tolist() == pytest.approx([0.3] * 5)
    assert [figure.name for figure in found.figures] == ["spectrum", "spectrum-density"]


def test_densities_are_relative_to_the_largest_and_integrate_alike(make_run: RunMaker) -> None:
    found = _report(make_run(tables=curvature(summary_row("initial", 0.5), summary_row("final", 0.9))))
    numbers = found.figures[1].numbers
    assert set(numbers["state"]) == {"initial", "trained"}
    assert numbers["relative_eigenvalue"].tolist() == [-0.05, 0.0, 1.0] * 2
    assert numbers["density_0"].tolist() == pytest.approx([1e-3, 20.0, 2.0] * 2)


def test_more_networks_than_panels_are_left_out_with_a_note(make_run: RunMaker) -> None:
    runs = [make_run(tables=curvature(summary_row("final", 0.5)), width=width) for width in range(1, 9)]
    assert "spectrum-density: 2 of 8 networks are left out." in _report(*runs).notes


def test_outliers_stand_beside_the_number_of_classes(make_run: RunMaker) -> None:
    runs = [
        make_run(tables=curvature(summary_row("final", 0.5, num_classes=count, num_outliers=count - 1)), classes=count)
        for count in (2, 3, 5)
    ]
    frame = _report(*runs).main.frame
    assert frame["num_classes"].tolist() == [2, 3, 5]
    assert frame["num_outliers"].tolist() == [1, 2, 4]


def test_without_trained_states_there_is_still_a_table(make_run: RunMaker) -> None:
    found = _report(make_run(tables=curvature(summary_row("step-000010", 0.5))))
    assert found.main.frame["state"].tolist() == ["step-000010"]


def test_of_approximations_alone_there_is_no_report(make_run: RunMaker) -> None:
    rows = [summary_row("final", 0.5, DENSE | {"operator": "fisher"})]
    with pytest.raises(NoDataError, match=r"No run has eigenvalues of the Hessian itself\."):
        _report(make_run(tables={"hessian_summary": rows}))
