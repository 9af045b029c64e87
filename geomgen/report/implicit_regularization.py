"""Report ``implicit-regularization``: E_corr and test accuracy against lambda = h m/4, and which flow steps follow."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.claims.intervals import Interval, mean_interval, rank_correlation
from geomgen.report.collect import Collected, latest_runs
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, records, text
from geomgen.report.modified_flow import ERRORS, ORDERS, flow_figure, order_table
from geomgen.report.report import Report, Source
from geomgen.report.seeds import largest_group, mean_over_seeds, with_spread

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "implicit-regularization"
QUESTION = (
    "Do larger learning rates lower E_corr and raise test accuracy, and do steps follow the flow of E + lambda E_corr?"
)
GRADIENTS, TRAINING = "implicit_regularization", "training"
REMEDY = "Make runs with: geomgen train --optimizer sgd --lr LR --track implicit-regularization"
SOURCES = (
    Source(GRADIENTS, REMEDY, required=False),
    Source(TRAINING, REMEDY, required=False),
    Source(ORDERS, "Make one with: geomgen modified-flow", required=False),
    Source(ERRORS, "Make one with: geomgen modified-flow", required=False),
)
VALUES = ["implicit_lambda", "epoch", "loss_nats", "e_corr", "test_accuracy"]
CLAIMS = {"e_corr": "falls", "test_accuracy": "rises"}
PANELS = {"e_corr": r"$E_{corr}$ (nats²)", "test_accuracy": "Test accuracy (fraction)"}
FEWEST_RATES = 3


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of tracked trainings over learning rates, of steps compared with flows, or of both.

    Args:
        sources: Rows of any of `SOURCES`.

    Raises:
        NoDataError: If there is neither.
    """
    parts = [_trainings(sources)] if {GRADIENTS, TRAINING} <= sources.keys() else []
    if ORDERS in sources:
        drawn = (flow_figure(sources[ERRORS].frame),) if ERRORS in sources else ()
        parts.append(MadeReport((order_table(sources[ORDERS].frame),), drawn))
    parts = [part for part in parts if part.tables]
    if not parts:
        raise NoDataError("No training over several learning rates has been tracked.", REMEDY)
    return MadeReport(
        tuple(table for part in parts for table in part.tables),
        tuple(figure for part in parts for figure in part.figures),
        tuple(note for part in parts for note in part.notes),
    )


def best_epochs(sources: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, list[str]]:
    """Return each run of plain gradient descent at its epoch of best test accuracy, of those with a gradient recorded.

    The published measurement is taken there; at a common last epoch, small learning rates have not converged yet.

    Args:
        sources: Rows of ``implicit_regularization`` and ``training``.
    """
    rows, notes = latest_runs(sources[GRADIENTS][sources[GRADIENTS]["implicit_lambda"].notna()])
    accuracies = sources[TRAINING][["run_id", "epoch", "test_accuracy"]]
    joined = rows.merge(accuracies, on=["run_id", "epoch"]).sort_values(
        ["test_accuracy", "epoch"], ascending=[True, False]
    )
    best = joined.groupby("run_id").tail(1).sort_values("run_id")
    if best.empty:
        return best, notes
    alike, said = largest_group(best, "lr", "gradient_penalty")
    return alike, [*notes, *said]


def correlations(best: pd.DataFrame) -> dict[str, Interval]:
    """Return the rank correlation of lambda with E_corr and with test accuracy, over seeds with three rates or more."""
    plain = best[best["gradient_penalty"] == 0]
    seeds = [rows for _, rows in plain.groupby("seed") if rows["lr"].nunique() >= FEWEST_RATES]
    if not seeds:
        return {}
    found = {name: mean_interval(rank_correlation(rows["lr"], rows[name]) for rows in seeds) for name in CLAIMS}
    return {name: replace(one, low=max(one.low, -1.0), high=min(one.high, 1.0)) for name, one in found.items()}


def _trainings(sources: Mapping[str, Collected]) -> MadeReport:
    best, notes = best_epochs({name: sources[name].frame for name in (GRADIENTS, TRAINING)})
    if best.empty:
        return MadeReport(())
    means = mean_over_seeds(best, ["gradient_penalty", "lr"], VALUES)
    lines = [
        {"learning rate": text(row["lr"]), "penalty mu": text(row["gradient_penalty"])}
        | {"lambda = h m/4": text(row["implicit_lambda"], ".4g"), "best epoch": text(row["epoch"], ".0f")}
        | {"E (nats)": text(row["loss_nats"], ".3g"), "E_corr (nats²)": _spread(row, "e_corr")}
        | {"test accuracy": with_spread(row, "test_accuracy", 4), "seeds": text(row["seeds"])}
        for row in records(means)
    ]
    title = "At the epoch of best test accuracy, by learning rate"
    table = MadeTable(title, means, pd.DataFrame(lines), NAME, QUESTION)
    figure = MadeFigure(NAME, QUESTION, means[["gradient_penalty", "lr", *VALUES, *_SPREADS, "seeds"]], _plot)
    return MadeReport((table, *_correlation_table(best)), (figure,), (*sources[GRADIENTS].notes, *notes))


_SPREADS = ["e_corr_std", "test_accuracy_std"]


def _spread(row: dict[str, float], name: str) -> str:
    spread = row[f"{name}_std"]
    return f"{row[name]:.2e}" + ("" if pd.isna(spread) else f" ± {spread:.0e}")


def _correlation_table(best: pd.DataFrame) -> tuple[MadeTable, ...]:
    found = correlations(best)
    if not found:
        return ()
    frame = pd.DataFrame([
        {"quantity": name, "claim": CLAIMS[name], "rank_correlation": value.value, "low": value.low, "high": value.high,
         "seeds": value.count} for name, value in found.items()
    ])  # fmt: skip
    question = "Do E_corr and test accuracy have the same ranking as lambda?"
    title = "Rank correlation with lambda over learning rates"
    return (MadeTable.plain(f"{NAME}-correlations", title, question, frame),)


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return E_corr and test accuracy against lambda, and, where an explicit penalty was added, against lambda + mu."""
    from matplotlib.ticker import NullFormatter

    from geomgen.report.figures import panels, series_look

    figure, axes = panels(len(PANELS), share=False, beside=False)
    explicit = numbers["gradient_penalty"] > 0
    series = {"by the learning rate": numbers[~explicit], "with an explicit penalty": numbers[explicit]}
    for ax, (name, words) in zip(axes, PANELS.items(), strict=True):
        for index, (label, rows) in enumerate(series.items()):
            if len(rows):
                strength = rows["implicit_lambda"] + rows["gradient_penalty"]
                ax.errorbar(strength, rows[name], rows[f"{name}_std"], label=label, **series_look(index))
        ax.set_xscale("log")
        ax.set_yscale("log" if name == "e_corr" else "linear")
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_xlabel(r"$\lambda = h m/4$, plus $\mu$ if explicit (1/nats)")
        ax.set_ylabel(words)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


REPORT = Report(NAME, QUESTION, SOURCES, make)
