"""Runs that were never trained: real run directories with made-up numbers."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from geomgen.config.train import TrainConfig
from geomgen.measures.log_determinant import LogDeterminantRow
from geomgen.store.run import Run, create_run
from geomgen.training.loop import TrainingRow

FACTS = {"layers": ["hidden1", "hidden2", "output"], "num_parameters": 1000, "data_sha256": "abcdef0123456789"}
Values = Mapping[tuple[str, str], float]


def volume_row(state: str, condition: str, value: float, **changed: Any) -> LogDeterminantRow:
    keys = {"layer": "hidden2", "site": "pre", "state": state, "condition": condition, "rule": "relative"} | changed
    return LogDeterminantRow(
        **keys,
        log_det_nats=value,
        num_kept=9,
        num_samples=100,
        dim=9,
        participation_ratio=2.0,
        total_correlation_nats=1.0,
    )


def training_row(epoch: int, test_accuracy: float = 0.9) -> TrainingRow:
    return TrainingRow(
        epoch=epoch, step=10 * epoch, train_loss_nats=0.1, train_accuracy=0.95, test_loss_nats=0.5 / epoch,
        test_accuracy=test_accuracy, learning_rate=1e-3, gradient_norm=1.0, gradient_norm_stderr=0.1, distance=2.0,
        relative_distance=0.25, path_length=3.0, path_length_stderr=0.1, num_measured_steps=5, num_train_evaluated=100,
        wall_time_s=1.5,
    )  # fmt: skip


class RunMaker:
    """Makes runs whose ids sort in the order in which they are made."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.count = 0

    def __call__(
        self,
        volumes: Values | None = None,
        *,
        rows: Iterable[LogDeterminantRow] = (),
        epochs_done: int = 0,
        status: str = "complete",
        facts: Mapping[str, Any] = FACTS,
        **options: Any,
    ) -> Run:
        """Make a run with these tables and options; without rows it has no such table."""
        run = self._created(TrainConfig(**options).resolved(device="cpu", threads=1), facts)
        rows = [*(volume_row(*key, value) for key, value in (volumes or {}).items()), *rows]
        if rows:
            run.add_rows("activation_volume", rows)
        if epochs_done:
            run.add_rows("training", [training_row(epoch) for epoch in range(1, epochs_done + 1)])
        if status != "unfinished":
            run.finish(status)
        return run

    def _created(self, config: TrainConfig, facts: Mapping[str, Any]) -> Run:
        self.count += 1
        run = create_run(self.root, "train", f"s{config.seed}", config.to_mapping(), facts)
        return Run(run.path.rename(run.path.with_name(f"{self.count:04d}-{run.id}")))
