"""Runs that were never trained: real run directories with made-up numbers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geomgen.config.base import Config
from geomgen.config.registry import EXPERIMENTS
from geomgen.config.train import TrainConfig
from geomgen.store.run import Run, create_run
from geomgen.tables.activations import LayerStatisticsRow, LogDeterminantRow, SimilarityRow, SimilaritySummaryRow
from geomgen.tables.training import TrainingRow

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
FACTS = {"layers": ["hidden1", "hidden2", "output"], "num_parameters": 1000, "data_sha256": "abcdef0123456789"}
Values = Mapping[tuple[str, str], float]


def volume_row(state: str, condition: str, value: float, **changed: Any) -> LogDeterminantRow:
    keys = {"layer": "hidden2", "site": "pre", "state": state, "condition": condition, "rule": "relative"} | changed
    return LogDeterminantRow(
        **keys,
        floor=None,
        log_det_nats=value,
        num_resolved=9,
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
        wall_time_s=1.5, diverged=False,
    )  # fmt: skip


def fitted_row(test_accuracy: float) -> TrainingRow:
    """Return the last epoch of a training that predicts all training images right."""
    return replace(training_row(1, test_accuracy), train_accuracy=1.0)


def summary_row(
    state: str, condition: str, mean: float, std: float, metric: str = "cosine", **changed: Any
) -> SimilaritySummaryRow:
    keys = {"layer": "hidden2", "site": "pre", "state": state, "condition": condition, "metric": metric}
    measured = {"common_mode": 0.3, "infinite_width_rmse": None}
    return SimilaritySummaryRow(
        **keys | measured | changed, num_pairs=4950, mean=mean, mean_stderr=0.001, std=std, skewness=0.0, q01=mean,
        q05=mean, q25=mean, q50=mean, q75=mean, q95=mean, q99=mean, expected_mean=0.0, expected_std=0.1, scale=1.0,
        num_samples=100, num_zero=0, dim=9, bins=200,
    )  # fmt: skip


def histogram_rows(
    state: str, condition: str, densities: Sequence[float], metric: str = "cosine"
) -> list[SimilarityRow]:
    """Return a histogram of so many bins of [-1, 1]."""
    keys = {"layer": "hidden2", "site": "pre", "state": state, "condition": condition, "metric": metric}
    step = 2 / len(densities)
    return [
        SimilarityRow(
            **keys,
            bins=len(densities),
            bin=index,
            bin_low=-1 + index * step,
            bin_high=-1 + (index + 1) * step,
            count=1,
            density=it,
        )
        for index, it in enumerate(densities)
    ]


def layer_row(layer: str, state: str, pre_rms: float, post_rms: float = 0.7) -> LayerStatisticsRow:
    return LayerStatisticsRow(
        layer=layer, state=state, pre_mean=0.0, pre_variance=pre_rms**2, pre_rms=pre_rms, post_mean=0.5,
        post_variance=0.5, post_rms=post_rms, dead_fraction=0.0, participation_ratio=3.0, gradient_norm=0.1,
        cosine_mean=0.5, cosine_std=0.1, num_samples=100, dim=9, num_gradient_images=100,
        backward_mean_square=0.01, expected_pre_variance=1.0, expected_cosine_mean=0.5,
        expected_backward_mean_square=0.01,
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
        tables: Mapping[str, Sequence[Any]] = MappingProxyType({}),
        measures: Mapping[str, Config] = MappingProxyType({}),
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
        for name, its_rows in tables.items():
            run.add_rows(name, its_rows)
        if epochs_done:
            run.add_rows("training", [training_row(epoch) for epoch in range(1, epochs_done + 1)])
        if status != "unfinished":
            run.finish(status)
        for name, config in measures.items():
            table = next(table for table in EXPERIMENTS[name].tables if table in tables)
            run.add_rows(table, tables[table][:1], {"experiment": name, "config": config.to_mapping()})
        return run

    def _created(self, config: TrainConfig, facts: Mapping[str, Any]) -> Run:
        self.count += 1
        run = create_run(self.root, "train", f"s{config.seed}", config.to_mapping(), facts)
        moment = FIRST + timedelta(seconds=self.count)
        return Run(run.path.rename(run.path.with_name(f"{moment:%Y%m%dT%H%M%SZ}-{run.id.partition('-')[2]}")))
