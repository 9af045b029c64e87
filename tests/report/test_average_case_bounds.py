"""Report ``average-case-bounds``: bounds beside errors."""

from pathlib import Path

import pytest

from geomgen.errors import NoDataError
from geomgen.report.average_case_bounds import ERRORS, REPORT
from geomgen.report.collect import RunTables
from geomgen.theory.generalisation_bounds import restricted_prior_bound
from tests.report.made_up_posteriors import BOUNDED, posterior_run


def test_bounds_and_errors_stand_beside_each_other_by_known_values(tmp_path: Path) -> None:
    runs = [
        posterior_run(
            tmp_path, BOUNDED | {"train_size": size, "seed": seed}, log_prior_mass=-size / 2, error_bayes=0.1,
            log_prior_mass_stderr=0.1,
        )
        for size in (16, 32)
        for seed in (0, 1)
    ]  # fmt: skip
    made = REPORT.build(RunTables(runs))
    frame = made.main.frame.set_index("train_size")
    assert frame["seeds"].tolist() == [2, 2]
    assert frame["true_error_bayes"].tolist() == pytest.approx([0.1 * 112 / 128, 0.1 * 96 / 128])
    few, many = frame["restricted_prior_bound"].tolist()
    assert many < few < 1
    (figure,) = made.figures
    assert sorted(figure.numbers["train_size"].unique()) == [16, 32]
    assert set(figure.numbers["series"]) == set(ERRORS.values())
    figure.draw()


def test_settings_of_one_number_of_known_values_are_left_out_of_curves(tmp_path: Path) -> None:
    mass = {"log_prior_mass": -9.0, "log_prior_mass_stderr": 0.1}
    along = [posterior_run(tmp_path, BOUNDED | {"train_size": size}, **mass) for size in (16, 32)]
    alone = posterior_run(tmp_path, BOUNDED | {"hidden": "100"}, **mass)
    made = REPORT.build(RunTables([*along, alone]))
    assert len(made.main.frame) == 3
    assert set(made.figures[0].numbers["series"]) == set(ERRORS.values())


def test_other_routes_have_no_bound(tmp_path: Path) -> None:
    run = posterior_run(tmp_path, BOUNDED, log_prior_mass=None, log_prior_mass_stderr=None)
    with pytest.raises(NoDataError, match=r"No run of relu networks has ln P\(S\) by orthants"):
        REPORT.build(RunTables([run]))


def test_bounds_from_expectation_propagation_say_that_they_are_approximate(tmp_path: Path) -> None:
    options = BOUNDED | {"sampler": "infinite-width"}
    both = posterior_run(
        tmp_path, options, log_prior_mass=-9.0, log_prior_mass_stderr=0.0, log_prior_mass_propagated=-9.5
    )
    alone = posterior_run(
        tmp_path, options | {"train_size": 64}, log_prior_mass=None, log_prior_mass_stderr=None,
        log_prior_mass_propagated=-18.0,
    )  # fmt: skip
    made = REPORT.build(RunTables([both, alone]))
    frame = made.main.frame.set_index("train_size")
    assert frame["restricted_prior_bound"].to_dict() == pytest.approx({
        32: restricted_prior_bound(-9.0, 32, 0.025),
        64: restricted_prior_bound(-18.0, 64, 0.025),
    })
    assert "ln P(S) is by expectation propagation alone in 1 run," in made.notes[0]
    assert "in 1 run, expectation propagation gives -0.50 to -0.50 nats more than tilting" in made.notes[1]
