"""Judge of the first text's claim on distillation: students compared with the teachers that they imitate."""

from pathlib import PurePath

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.claims import t1_similarity, t1_training, t1_volume
from geomgen.report.claims.claim import Measured, Tables
from geomgen.report.claims.intervals import Interval, all_of, below, mean_interval, within
from geomgen.report.claims.protocol import MADE_BY, at_protocol, penultimate
from geomgen.report.width_logdet import published_rows

LARGEST_LOSS_OF_ACCURACY = 0.005


def brings_back(tables: Tables) -> Measured:
    """Judge T1.19: log determinant, mean cosine and accuracy of students minus those of their teachers."""
    volumes = published_rows(tables[t1_volume.TABLE])
    log_dets = _by_run(volumes[volumes["cell"] == "trained"], "log_det_nats")
    similarities = penultimate(tables[t1_similarity.SUMMARY], state="final", condition="data", metric="cosine")
    last = tables[t1_training.TABLE].sort_values("epoch").drop_duplicates("run_id", keep="last")
    teachers = _teachers(volumes)
    change, cosine, accuracy = (
        _difference(values, teachers)
        for values in (log_dets, _by_run(similarities, "mean"), _by_run(last, "test_accuracy"))
    )
    is_as_good = within(accuracy, -LARGEST_LOSS_OF_ACCURACY, LARGEST_LOSS_OF_ACCURACY)
    evidence = f"{change.count} students; mean cosine changes by {cosine}, test accuracy by {accuracy}."
    return Measured(all_of(below(change), is_as_good), evidence, change.value, change.low, change.high)


def _by_run(rows: pd.DataFrame, value: str) -> pd.Series:
    return rows.drop_duplicates("run_id", keep="last").set_index("run_id")[value]


def _teachers(rows: pd.DataFrame) -> pd.Series:
    """Return the id of each student's teacher, indexed by the student's id."""
    paths = _by_run(at_protocol(rows, "teacher"), "teacher").dropna()
    return paths.map(lambda path: PurePath(path).name)


def _difference(values: pd.Series, teachers: pd.Series) -> Interval:
    """Return student minus teacher, over the pairs in which both were measured.

    Raises:
        NoDataError: If there is none.
    """
    pairs = teachers[teachers.isin(values.index) & teachers.index.isin(values.index)]
    if pairs.empty:
        raise NoDataError("No student has been measured together with its teacher.", MADE_BY)
    return mean_interval(values[pairs.index].to_numpy(float) - values[pairs].to_numpy(float))
