"""Cosines by width: before and after training, beside infinite width, and without the mean."""

from typing import Any

import pytest

from geomgen.report.quantities.similarity import PREDICTED, SUMMARY
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker, summary_row
from tests.report.reading import report

LABELS = [
    "Mean cosine similarity", "Share of the mean activation", "Spread without the mean activation",
    "Deviation from infinite width (rms)",
]  # fmt: skip


def probed(make_run: RunMaker, *, predicted: bool = True, **options: Any) -> Run:
    rmse = 0.04 if predicted else None
    rows = [
        summary_row("initial", "data", 0.6, 0.08, common_mode=0.58, infinite_width_rmse=rmse),
        summary_row("final", "data", 0.3, 0.2, common_mode=0.28),
        *(summary_row(state, "data", 0.0, 0.2, "centred-cosine") for state in ("initial", "final")),
        *([summary_row("initial", PREDICTED, 0.61, 0.07)] if predicted else []),
    ]
    return make_run(tables={SUMMARY: rows}, **options)


def test_states_are_lines_and_theory_is_behind_them(make_run: RunMaker) -> None:
    made = report("similarity-by-width", [probed(make_run, width=width) for width in (64, 128)])
    (row, _) = made.main.frame.to_dict("records")
    columns = ("predicted_cosine", "initial_cosine", "trained_cosine", "trained_common_mode", "initial_centred_spread")
    assert [row[name] for name in columns] == pytest.approx([0.61, 0.6, 0.3, 0.28, 0.2])
    figure = made.figures[0].draw()
    assert [ax.get_ylabel() for ax in figure.axes] == LABELS
    names = {text.get_text() for text in figure.legends[0].get_texts()}
    assert names == {"mlp, initial", "initial, at infinite width", "mlp, trained"}
    assert figure.axes[0].lines[-1].get_ydata() == pytest.approx([0.61, 0.61])


def test_without_theory_there_is_no_line(make_run: RunMaker) -> None:
    made = report("similarity-by-width", [probed(make_run, predicted=False, width=width) for width in (64, 128)])
    assert "predicted_cosine" not in made.main.frame
    figure = made.figures[0].draw()
    assert [ax.get_ylabel() for ax in figure.axes] == LABELS[:3]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["mlp, initial", "mlp, trained"]
