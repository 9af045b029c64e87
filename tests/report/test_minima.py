"""Report ``minima``: one row per size, means over seeds, and who is left out."""

from pathlib import Path

import numpy as np
import pytest

from tests.report.made_up_minima import minima_run
from tests.report.reading import report

NORMAL = np.random.default_rng(0).normal(size=300)


def test_a_row_for_each_size_and_number_of_values(tmp_path: Path) -> None:
    runs = [
        minima_run(tmp_path, width**0.5 * NORMAL, NORMAL, width=width, train_size=size, seed=seed)
        for width, size in ((4, 8), (16, 8), (16, 16))
        for seed in (0, 1)
    ]
    found = report("minima", runs)
    frame = found.main.frame
    assert list(zip(frame["width"], frame["train_size"], frame["minima_dimension"], strict=True)) == [
        (4, 8, 29), (16, 8, 113), (16, 16, 113),
    ]  # fmt: skip
    std = float(NORMAL.std(ddof=1))
    assert frame["log_volume_std"].tolist() == pytest.approx([2 * std, 4 * std, 4 * std])
    assert frame["error_correlation"].tolist() == pytest.approx([1, 1, 1])
    assert frame["seeds"].tolist() == [2, 2, 2]
    assert found.notes == ()
    (figure,) = found.figures
    assert set(figure.numbers["series"]) == {"train size 8", "train size 16"}
    spread, share = figure.draw().axes
    assert (spread.get_yscale(), share.get_yscale()) == ("log", "linear")


def test_networks_that_did_not_fit_are_counted(tmp_path: Path) -> None:
    found = report("minima", [minima_run(tmp_path, NORMAL[:290])])
    assert found.notes == ("10 of 300 networks are left out: they did not come to fit exactly.",)


def test_a_note_counts_minima_around_which_the_quadratic_holds(tmp_path: Path) -> None:
    runs = [
        minima_run(tmp_path, NORMAL[:count], correction=correction, seed=count, networks=count)
        for count, correction in ((30, 0.1), (20, 2.0), (40, None))
    ]
    assert report("minima", runs).notes == (
        "The quadratic holds around 30 of 50 minima; around the others volumes are those of the quadratic region. "
        "Around 40 more it is not known.",
    )
