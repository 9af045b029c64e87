"""Verdicts on students beside their teachers."""

from collections.abc import Sequence
from typing import Any

import pytest

from geomgen.report.similarity import SUMMARY
from geomgen.report.width_logdet import CELLS
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker, summary_row, training_row
from tests.report.reading import measured_claims


@pytest.mark.parametrize(("change", "accuracy", "verdict"), [
    (-100, 0.98, "holds"), (100, 0.98, "does not hold"), (-100, 0.9, "does not hold"),
])  # fmt: skip
def test_students_beside_their_teachers(make_run: RunMaker, change: float, accuracy: float, verdict: str) -> None:
    def measured(log_det: float, its_accuracy: float, **options: Any) -> Run:
        tables: dict[str, Sequence[Any]] = {
            SUMMARY: [summary_row("final", "data", 0.3, 0.1)],
            "training": [training_row(10, its_accuracy)],
        }
        return make_run({CELLS["trained"]: log_det}, tables=tables, **options)

    teachers = [measured(1600 + seed, 0.98, seed=seed) for seed in range(3)]
    students = [
        measured(1600 + 2 * teacher.config["seed"] + change, accuracy, seed=10 + index, teacher=str(teacher.path))
        for index, teacher in enumerate(teachers)
    ]
    found = measured_claims([*teachers, *students])["T1.19"]
    assert (found["verdict"], found["value"]) == (verdict, pytest.approx(change + 1))
    assert "T1.19" not in measured_claims(teachers)
