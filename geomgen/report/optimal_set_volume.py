"""Report ``optimal-set-volume``: how much of parameter space fits, by width, beside what counting dimensions says."""

from geomgen.errors import NoDataError
from geomgen.report.averages import averaged
from geomgen.report.by_units import UNITS
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import Panel, curves, fitting, named
from geomgen.report.layout import averaged_table
from geomgen.report.prior_mass import FINITE, MASS, beside_limits
from geomgen.report.report import Report

NAME = "optimal-set-volume"
QUESTION = "How much of parameter space fits the training set, and does more of it fit in wider networks?"
TITLE = "ln P(S), the prior mass of zero error, beside ln((P - N)/P)"
SPECS = {
    "num_parameters": ".0f",
    "parameters_per_sample": ".3g",
    "log_mass_nats": ".3f",
    "limit_nats": ".3f",
    "text_nats": ".4f",
}
KEYS = ["units", "train_size"]
PANELS = (
    Panel("log_mass_nats", "ln P(S) (nats)", theory="limit_nats", source="infinite width"),
    Panel("text_nats", "ln((P - N)/P) (nats)"),
)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return ln P(S) by width, the infinitely wide network's, and the text's fraction of the dimensions.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If no network with a hidden layer was measured.
    """
    collected = tables.collect(MASS.table, MASS.remedy).latest
    rows = beside_limits(collected.frame)
    if rows.empty:
        raise NoDataError(f"No network with a hidden layer has ln P(S) by {' or '.join(FINITE)}.", MASS.remedy)
    table = averaged_table(NAME, TITLE, QUESTION, rows, KEYS, SPECS)
    options = [name for name in varying_options(rows) if name not in KEYS]
    means = averaged(rows, KEYS, [panel.column for panel in PANELS] + ["limit_nats"])
    numbers, left_out = fitting(named(means, ["train_size", *options]))
    return MadeReport((table,), (curves(NAME, QUESTION, numbers, UNITS, PANELS),), (*collected.notes, *left_out))


REPORT = Report(NAME, QUESTION, (MASS,), make)
