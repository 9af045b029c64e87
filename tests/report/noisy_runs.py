"""Made-up trainings on noisy labels, whose test errors descend twice."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from geomgen.store.run import Run
from tests.report.made_up_runs import FACTS, RunMaker, training_row

WIDTHS = {2: 0.50, 4: 0.30, 8: 0.45, 16: 0.25, 32: 0.20}
SIZES = {100: 0.5, 200: 0.30, 400: 0.40, 800: 0.25, 1600: 0.20}
EPOCHS = {1: 0.5, 2: 0.3, 4: 0.2, 8: 0.3, 16: 0.4, 32: 0.35, 64: 0.3, 128: 0.25, 256: 0.24}
NOISY = {"label_noise": 0.2, "depth": 1}


def noisy_run(make_run: RunMaker, errors: Mapping[int, float], seed: int, **options: Any) -> Run:
    """Make a run with a recorded epoch for each error; seeds differ by a little, and by more at larger errors.

    Args:
        make_run: Makes runs.
        errors: Test error, by epoch.
        seed: Of the run.
        options: Of the run; ``train_error`` is its training error at all epochs.
    """
    larger, train_error = 1 + 0.01 * seed, options.pop("train_error", 0.05)
    rows = [
        replace(training_row(epoch), test_accuracy=1 - error * larger, train_accuracy=1 - train_error * larger)
        for epoch, error in errors.items()
    ]
    facts = FACTS | {"num_parameters": 100 * options.get("width", 8), "num_classes": 4}
    return make_run(tables={"training": rows}, facts=facts, seed=seed, epochs=max(errors), **NOISY | options)
