"""The parts of the error against degree, with the interpolation threshold, of one setting."""

from pathlib import Path

import pytest

from geomgen.config.regress import PolynomialConfig
from geomgen.experiments.regress import regress
from geomgen.report.bias_variance import REPORT
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.store.catalog import runs


def _made(folder: Path) -> MadeReport:
    return REPORT.build(RunTables(runs(folder)))


def test_the_threshold_is_drawn_where_parameters_are_points(regressions: Path) -> None:
    (figure,) = _made(regressions).figures
    assert figure.numbers["samples"].unique().tolist() == [6]
    axes = figure.draw().axes
    assert [ax.get_title() for ax in axes] == ["legendre basis, below the threshold", "legendre basis", "raw basis"]
    assert 5 in [line.get_xdata()[0] for line in axes[1].lines]  # type: ignore[index]


def test_seeds_are_averaged_and_another_setting_is_left_out_of_the_figure(tmp_path: Path) -> None:
    for seed, samples in ((0, 6), (1, 6), (0, 7)):
        options = {"degrees": (1, 2), "basis": ("legendre",), "repetitions": 20, "threads": 1}
        regress(PolynomialConfig(seed=seed, samples=samples, **options), tmp_path)  # type: ignore[arg-type]
    made = _made(tmp_path)
    numbers, frame = made.figures[0].numbers, made.main.frame
    assert numbers[["degree", "samples", "seeds"]].to_numpy().tolist() == [[1, 6, 2], [2, 6, 2]]
    of_both = frame[(frame["samples"] == 6) & (frame["degree"] == 1)]["test_error"]
    assert numbers["test_error"][0] == pytest.approx(of_both.mean())
    assert numbers["test_error_std"][0] == pytest.approx(of_both.std())
    assert len(frame) == 6
    assert "Only the runs with samples 6 are shown; 1 with other options are not." in made.notes
