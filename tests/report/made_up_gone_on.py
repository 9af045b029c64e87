"""Runs that were never trained, and others that went on from them."""

from dataclasses import dataclass, replace
from typing import Any, Self

from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker, summary_row, training_row, volume_row


@dataclass(frozen=True)
class Numbers:
    """Log determinant, mean cosine, total correlation and test accuracy of a state."""

    log_det: float
    cosine: float
    correlation: float
    accuracy: float = 0.1

    def plus(self, nats: float) -> Self:
        """Return the same with another log determinant and correlation, as of another seed."""
        return type(self)(self.log_det + nats, self.cosine + 1e-4 * nats, self.correlation + nats, self.accuracy)


def measured(make_run: RunMaker, begun: Numbers, ended: Numbers, **options: Any) -> Run:
    """Return a run with made-up numbers before and after it."""
    states = {"initial": begun, "final": ended}
    volumes = [volume_row(state, "data", it.log_det) for state, it in states.items()]
    shrunk = [
        replace(volume_row(state, "data", 0.0, rule="ledoit-wolf"), total_correlation_nats=it.correlation)
        for state, it in states.items()
    ]
    cosines = [summary_row(state, "data", it.cosine, 0.1) for state, it in states.items()]
    tables: dict[str, list[Any]] = {
        "activation_volume": [*volumes, *shrunk], "activation_similarity_summary": cosines,
        "training": [training_row(10, ended.accuracy)],
    }  # fmt: skip
    return make_run({}, tables=tables, **options)


def went_on(make_run: RunMaker, source: Run, state: str, begun: Numbers, ended: Numbers, **options: Any) -> Run:
    """Return a run that went on from a state of another."""
    return measured(make_run, begun, ended, start=f"{source.id}:{state}", **options)
