"""Part of report ``double-descent``: random Fourier features against the number of features."""

import pandas as pd

from geomgen.report.averages import averaged
from geomgen.report.collect import SETTING, Collected, varying_options
from geomgen.report.content import MadeReport, MadeTable, records
from geomgen.report.curves import Axis, Panel, curves, fitting, named
from geomgen.report.error_peaks import double_descent
from geomgen.report.layout import listed_table
from geomgen.report.report import Source

SOURCE = Source("regress_rff", "Make one with: geomgen regress rff")
NAME, PEAKS = "double-descent-features", "double-descent-features-peaks"
QUESTION = (
    "Does the test error peak where there are as many features as samples, and then fall below its first minimum?"
)
PEAK_QUESTION = "At how many features does the test error peak, and how low is it on either side?"
SPECS = dict.fromkeys(("train_error", "test_error", "test_misclassified", "solution_norm", "degrees_of_freedom"), ".4g")
AXIS = Axis("features", "Features", "log", "samples", "as many features as samples")
PANELS = (
    Panel("test_error", "Test error (squared, sum over outputs)", "log"),
    Panel("train_error", "Training error (squared, sum over outputs)", "log", bottom=1e-6),
    Panel("solution_norm", "Norm of the solution", "log"),
    Panel("test_misclassified", "Misclassified test images (fraction)"),
)


def part(collected: Collected) -> MadeReport:
    """Return tables and figure of the runs of ``regress rff``."""
    rows = collected.frame
    means = averaged(rows, ["samples", "ridge", "features"], list(SPECS))
    table = listed_table(NAME, "Random Fourier features", QUESTION, means, SPECS)
    numbers, left = fitting(named(means, [*_options(rows), "samples", "ridge"]))
    figure = curves(NAME, QUESTION, numbers, AXIS, PANELS)
    return MadeReport((table, _peaks(rows)), (figure,), (*collected.notes, *left))


def _options(rows: pd.DataFrame) -> list[str]:
    return [name for name in varying_options(rows) if name != "samples"]


def _peaks(rows: pd.DataFrame) -> MadeTable:
    """Return one row per seed: where its curve of test error peaks, and the minima on either side."""
    found = []
    keys = [*_options(rows), "samples", "outputs", "ridge", "seed"]
    for _, curve in rows.groupby([*keys, SETTING], dropna=False):
        marks, about = double_descent(curve, "features", "test_error"), records(curve[keys])[0]
        found.append(
            about
            | {name: value for name, value in marks._asdict().items() if name not in {"before", "after"}}
            | {"peak_at_samples": marks.is_peak_at(about["samples"]), "second_below_first": marks.descends_further}
        )
    return MadeTable.plain(PEAKS, "Peaks and minima of the test error", PEAK_QUESTION, pd.DataFrame(found))
