"""Report ``implicit-regularization``: E_corr and test accuracy against lambda = h m/4, and which flow steps follow."""

from contextlib import suppress

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report import modified_flow
from geomgen.report.averages import averaged
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeFigure, MadeReport, MadeTable
from geomgen.report.curves import Axis, Panel, curves
from geomgen.report.layout import listed_table
from geomgen.report.quantities.implicit_regularization import (
    ACCURACY,
    BY_PENALTY,
    BY_RATE,
    E_CORR,
    FEWEST_STRENGTHS,
    LEVEL,
    at_equal_loss,
    by_penalty,
    by_rate,
    ranked,
    similar,
)
from geomgen.report.report import Report, Source, in_parts

NAME, EQUAL = "implicit-regularization", "implicit-regularization-equal-loss"
QUESTION = (
    "Do larger learning rates lower E_corr and raise test accuracy, and do steps follow the flow of E + lambda E_corr?"
)
EQUAL_QUESTION = "At equal training loss, do larger learning rates and penalties lower E_corr and raise test accuracy?"
RANK_QUESTION = "Do E_corr and test accuracy have the same ranking as lambda?"
TRACKED = Source(E_CORR.table, E_CORR.remedy)
KEYS, LAMBDA = [BY_PENALTY, BY_RATE], "implicit_lambda"
SPECS = {"e_corr": ".2e", "test_accuracy": ".4f"}
LAYOUT = {"implicit_lambda": ".5g", "epoch": ".0f", "loss_nats": ".3g", **SPECS}
WORDS = {BY_RATE: "learning rate", BY_PENALTY: "penalty"}
CLAIMS = {"e_corr": "falls", "test_accuracy": "rises"}
STRENGTH = Axis("strength", r"$\lambda = h m/4$, plus $\mu$ if explicit (1/nats)", "log")
PANELS = (Panel("e_corr", r"$E_{corr}$ (nats²)", "log"), Panel("test_accuracy", "Test accuracy (fraction)"))


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of tracked trainings over learning rates, of steps compared with flows, or of both.

    Args:
        tables: Tables of the runs.
    """
    parts = {
        TRACKED: lambda tracked: _trainings(tables, tracked.notes),
        modified_flow.ORDERS: modified_flow.orders,
        modified_flow.ERRORS: modified_flow.errors,
    }
    return in_parts(tables, parts)


def best_epochs(tables: RunTables) -> tuple[pd.DataFrame, list[str]]:
    """Return each run of plain gradient descent at its epoch of best test accuracy, of those with a gradient recorded.

    The published measurement is taken there; at a common last epoch, small learning rates have not converged yet. But
    the training losses there differ, and E_corr with them.

    Args:
        tables: Tables of the runs.
    """
    recorded = (*E_CORR.recorded, *ACCURACY.recorded)
    rows, training = (tables.collect(one.table, one.remedy, recorded).latest.frame for one in (E_CORR, ACCURACY))
    in_nats = rows["loss_nats"].notna()
    others = rows.loc[~in_nats, "run_id"].nunique()
    told = [f"{others} runs are left out: E is a squared error there, which is not in nats."] if others else []
    plain = rows[rows["implicit_lambda"].notna() & in_nats]
    joined = plain.merge(training[["run_id", "epoch", "test_accuracy"]], on=["run_id", "epoch"])
    ordered = joined.sort_values(["test_accuracy", "epoch"], ascending=[True, False])
    best = ordered.groupby("run_id").tail(1).sort_values("run_id")
    shown, notes = similar(best) if len(best) else (best, [])
    return shown, [*told, *notes]


def _trainings(tables: RunTables, notes: tuple[str, ...]) -> MadeReport:
    best, said = best_epochs(tables)
    if best.empty:
        return MadeReport(())
    means = averaged(best, [*KEYS, LAMBDA], ["epoch", "loss_nats", *SPECS])
    table = listed_table(NAME, "At the epoch of best test accuracy, by learning rate", QUESTION, means, LAYOUT)
    series = means[BY_PENALTY].gt(0).map({False: "by the learning rate", True: "with an explicit penalty"})
    figure = curves(NAME, QUESTION, _with_strength(means).assign(series=series), STRENGTH, PANELS)
    equal = _at_equal_loss(tables)
    ranks = pd.concat([
        _ranks("best epoch", best.assign(**{LEVEL: 0.0})),
        *(_ranks("equal loss", rows) for rows in equal),
    ])
    ranked_table = MadeTable.plain(f"{NAME}-correlations", "Rank correlations, mean over seeds", RANK_QUESTION, ranks)
    made = [_equal_losses(rows) for rows in equal]
    return MadeReport(
        (table, *([ranked_table] if len(ranks) else []), *(one.main for one in made)),
        (figure, *(drawn for one in made for drawn in one.figures)),
        (*notes, *said),
    )


def _at_equal_loss(tables: RunTables) -> list[pd.DataFrame]:
    """Return the rows at equal training loss, if there are any."""
    try:
        return [at_equal_loss(tables)[0]]
    except NoDataError:
        return []


def _with_strength(means: pd.DataFrame) -> pd.DataFrame:
    return means.assign(strength=means[LAMBDA] + means[BY_PENALTY])


def _equal_losses(rows: pd.DataFrame) -> MadeReport:
    """Return the table of all runs, and a figure over learning rates and one over penalties."""
    keys = [LEVEL, *KEYS, LAMBDA]
    means = averaged(rows, keys, list(SPECS))
    table = listed_table(EQUAL, "At equal training loss (nats)", EQUAL_QUESTION, means, LAYOUT)
    parts = {EQUAL: by_rate(rows), f"{EQUAL}-penalty": by_penalty(rows)}
    numbers = {name: averaged(part, keys, list(SPECS)) for name, part in parts.items() if len(part)}
    return MadeReport((table,), tuple(_equal_figure(name, part) for name, part in numbers.items()))


def _equal_figure(name: str, means: pd.DataFrame) -> MadeFigure:
    """Return the figure of the losses that most strengths reach, a line for each."""
    reached = means.groupby(LEVEL)[LEVEL].transform("size")
    shown = _with_strength(means[reached >= min(FEWEST_STRENGTHS, reached.max())])
    lines = shown.assign(series=[f"training loss {loss:g}" for loss in shown[LEVEL]])
    return curves(name, EQUAL_QUESTION, lines, STRENGTH, PANELS)


def _ranks(at: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rank correlations of E_corr and test accuracy with the learning rate, and with the penalty."""
    lines = []
    for strength, chosen in ((BY_RATE, by_rate(rows)), (BY_PENALTY, by_penalty(rows))):
        for value, claim in CLAIMS.items():
            with suppress(NoDataError):
                found = ranked(chosen, strength, value)
                lines.append(
                    {"at": at, "quantity": value, "against": WORDS[strength], "claim": claim,
                     "rank_correlation": found.value, "low": found.low, "high": found.high,
                     "seeds": found.count}
                )  # fmt: skip
    return pd.DataFrame(lines)


REPORT = Report(NAME, QUESTION, (TRACKED, modified_flow.ORDERS, modified_flow.ERRORS), make)
