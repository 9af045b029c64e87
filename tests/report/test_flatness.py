"""Volume, trace and test error beside each other, and their rank correlations within settings and over all."""

import pytest

from geomgen.report.content import MadeReport
from tests.report.made_up_curvature import curvature, summary_row
from tests.report.made_up_runs import RunMaker, training_row
from tests.report.made_up_volumes import volume_row
from tests.report.reading import report


def made(make_run: RunMaker, within: float) -> MadeReport:
    """Return the report of trainings whose accuracy rises by 0.1 with the rate, and with volume in one setting."""
    runs = [
        make_run(
            tables={
                "training": [training_row(1, 0.5 + 10 * lr + within * seed)],
                "parameter_volume": [volume_row(-1000 * lr + seed)],
                **curvature(summary_row("final", 0.9, num_samples=100, trace=100 * lr - 0.1 * seed)),
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
    of_volume, of_trace = (frame.loc[[(name, "test_error")]].iloc[0] for name in ("log_volume_nats", "trace"))
    assert of_volume["within_setting"] == pytest.approx(sign)
    assert of_volume["within_setting_low"] * of_volume["within_setting_high"] > 0
    assert of_trace["within_setting"] == pytest.approx(-sign)
    assert of_volume["correlation"] > 0 > of_trace["correlation"]
    assert frame["runs"].tolist() == [12, 12, 12]


def test_a_row_for_each_setting_and_a_point_for_each_training(make_run: RunMaker) -> None:
    found = made(make_run, 0.001)
    assert found.main.frame["seeds"].tolist() == [6, 6]
    assert found.main.frame["log_volume_nats"].tolist() == pytest.approx([-7.5, -17.5])
    (figure,) = found.figures
    assert len(figure.numbers) == 12
    assert figure.numbers["series"].unique().tolist() == ["lr 0.01", "lr 0.02"]
    axes = figure.draw().axes
    assert [ax.get_xlabel() for ax in axes] == ["ln of the prior's mass (nats)", "Trace of the Hessian"]
    assert axes[0].get_xlim() != axes[1].get_xlim()
