"""Quantities of trainings at equal training loss: E_corr and test accuracy, by learning rate or explicit penalty."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geomgen.errors import NoDataError
from geomgen.numerics.statistics import Estimate, mean, rank_correlation
from geomgen.report.averages import largest_group
from geomgen.report.collect import RunTables
from geomgen.report.quantity import VALUE, Quantity

GRADIENTS, TRAINING = "implicit_regularization", "training"
LOSSES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
FEWEST_STRENGTHS = 4
BY_RATE, BY_PENALTY = "lr", "gradient_penalty"
LEVEL = "at_loss"
"""The column of `LOSSES`."""


def when_loss_falls(losses: NDArray[np.float64], values: NDArray[np.float64], loss: float) -> float:
    """Return a value where the loss first falls to a level, interpolated linearly in ln loss; NaN if it never does.

    Args:
        losses: ``(points,)``, positive, in the order of the epochs.
        values: ``(points,)``.
        loss: The level.
    """
    falls = np.flatnonzero((losses[:-1] > loss) & (losses[1:] <= loss))
    if not len(falls):
        return float("nan")
    before, after = falls[0], falls[0] + 1
    weight = np.log(losses[before] / loss) / np.log(losses[before] / losses[after])
    return float(values[before] + weight * (values[after] - values[before]))


def _at_losses(loss: str, value: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return the function that reads a column at each of `LOSSES`, from the first recorded epoch of training on."""

    def read(rows: pd.DataFrame) -> pd.DataFrame:
        trained = rows[(rows["epoch"] > 0) & (rows[loss] > 0)].sort_values("epoch", kind="stable")
        losses, values = (trained[name].to_numpy(float) for name in (loss, value))
        runs = trained.groupby("run_id").indices.items()
        found = [(run_id, at, when_loss_falls(losses[own], values[own], at)) for run_id, own in runs for at in LOSSES]
        return pd.DataFrame(found, columns=["run_id", LEVEL, VALUE]).dropna()

    return read


def _log_e_corr(rows: pd.DataFrame) -> pd.DataFrame:
    positive = rows[rows["e_corr"] > 0]
    found = _at_losses("loss_nats", "log_e_corr")(positive.assign(log_e_corr=np.log(positive["e_corr"].astype(float))))
    return found.assign(value=np.exp(found[VALUE]))


E_CORR = Quantity(
    "e_corr_at_loss",
    "E_corr at equal training loss",
    GRADIENTS,
    _log_e_corr,
    unit="nats^2",
    keys=(LEVEL,),
    recorded=("track_images", "track_interval"),
    flags="--optimizer sgd --lr LR --track implicit-regularization",
    formula="|grad E|^2 / m where E first falls to a level; ln E_corr is linear in ln E between recorded epochs",
    source="Barrett and Dherin (2020), Implicit Gradient Regularization",
)
ACCURACY = Quantity(
    "accuracy_at_loss",
    "test accuracy at equal training loss",
    TRAINING,
    _at_losses("train_loss_nats", "test_accuracy"),
    keys=(LEVEL,),
    recorded=("record_every",),
    formula="test accuracy where the training loss first falls to a level, linear in its logarithm between epochs",
)


def at_equal_loss(tables: RunTables) -> tuple[pd.DataFrame, list[str]]:
    """Return E_corr and test accuracy of plain gradient descent that differs in learning rate and penalty only.

    Args:
        tables: Tables of the runs.

    Returns:
        One row per run and training loss that it reaches after its first recorded epoch: ``e_corr``, ``test_accuracy``
        and the run's options; and a note on the runs that are left out.

    Raises:
        NoDataError: If no run has both.
    """
    return tables.once(("at equal loss",), lambda: _at_equal_loss(tables))


def _at_equal_loss(tables: RunTables) -> tuple[pd.DataFrame, list[str]]:
    recorded = (*E_CORR.recorded, *ACCURACY.recorded)
    tracked, accuracy = (quantity.of().of_all(tables, recorded) for quantity in (E_CORR, ACCURACY))
    plain = tracked[tracked["implicit_lambda"].notna()]
    plain = plain.assign(e_corr=plain[VALUE]).drop(columns=VALUE)
    accuracies = accuracy[["run_id", LEVEL, VALUE]].rename(columns={VALUE: "test_accuracy"})
    joined = plain.merge(accuracies, on=["run_id", LEVEL])
    if joined.empty:
        raise NoDataError("No training by plain gradient descent has been tracked.", E_CORR.remedy)
    return similar(joined)


def similar(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of runs that differ in learning rate, penalty and seed only, and a note on the others."""
    widths = rows.drop_duplicates("run_id")["width"]
    return largest_group(rows[rows["width"] == widths.mode().max()], BY_RATE, BY_PENALTY)


def by_rate(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the runs without an explicit penalty."""
    return rows[rows[BY_PENALTY] == 0]


def by_penalty(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with an explicit penalty, and those without one at the same learning rates and seeds."""
    explicit = rows[rows[BY_PENALTY] > 0]
    same = explicit[[BY_RATE, "seed"]].drop_duplicates()
    return rows.merge(same, on=[BY_RATE, "seed"])


def ranked(rows: pd.DataFrame, strength: str, value: str) -> Estimate:
    """Return the rank correlation of a value with a strength at equal training loss, as the mean over seeds.

    Each seed counts with the mean over all losses that four or more strengths reach.

    Args:
        rows: Of `at_equal_loss`.
        strength: Column of the learning rate or penalty.
        value: Column of the value.

    Raises:
        NoDataError: If no seed has four strengths at one loss.
    """
    levels = [
        {"seed": seed, "rho": rank_correlation(level[strength], level[value]).value}
        for (seed, _), level in rows.groupby(["seed", LEVEL])
        if level[strength].nunique() >= FEWEST_STRENGTHS
    ]
    if not levels:
        raise NoDataError(f"No seed has been tracked at {FEWEST_STRENGTHS} strengths.", E_CORR.remedy)
    return replace(mean(pd.DataFrame(levels).groupby("seed")["rho"].mean().dropna()), scale="correlation")
