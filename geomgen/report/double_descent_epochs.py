"""Part of report ``double-descent``: risk over the time of gradient descent, with its closed form."""

from geomgen.report.averages import averaged
from geomgen.report.collect import Collected, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import Axis, Panel, curves, fitting, named
from geomgen.report.layout import listed, listed_table
from geomgen.report.report import Source

SOURCE = Source("regress_epochs", "Make one with: geomgen regress epochs")
NAME = "double-descent-epochs-exact"
QUESTION = "Does the risk of gradient descent fall twice in time, and when all features are learned equally fast?"
KEYS = ["rate_power", "step"]
VALUES = ["excess_risk_mean", "excess_risk_stderr", "excess_risk_theory"]
AXIS = Axis("step", "Steps of gradient descent", "symlog")
PANELS = (Panel("excess_risk_mean", "Mean excess risk", stderr="excess_risk_stderr", theory="excess_risk_theory"),)


def part(collected: Collected) -> MadeReport:
    """Return table and figure of the runs of ``regress epochs``."""
    rows = collected.frame
    frame = listed(rows, ["seed", *KEYS], ["repetitions", *VALUES])
    table = listed_table(
        NAME, "Excess risk of gradient descent over time", QUESTION, frame, dict.fromkeys(VALUES, ".4g")
    )
    options = [name for name in varying_options(rows) if name not in KEYS]
    numbers, left = fitting(named(averaged(rows, KEYS, VALUES), [*options, "rate_power"]))
    return MadeReport((table,), (curves(NAME, QUESTION, numbers, AXIS, PANELS),), (*collected.notes, *left))
