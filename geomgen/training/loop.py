"""The training loop: yields a record of every epoch, and can be stopped and resumed between any two steps."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from jaxtyping import Float32, Int64, Shaped
from torch import Tensor

from geomgen.config.architecture import OWN
from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.errors import DivergedError, UsageError
from geomgen.models.functional.loss import LOSSES
from geomgen.models.layers import Network
from geomgen.models.trial import Generators, unrepeatable
from geomgen.numerics.seeds import generator
from geomgen.tables.training import TrainingRow
from geomgen.training.evaluate import Evaluation, evaluate, in_its_unit
from geomgen.training.flat import FlatParameters
from geomgen.training.gradient import Gradient, clip
from geomgen.training.measured_steps import MeasuredSteps
from geomgen.training.optimizer import Optimizer
from geomgen.training.precision import copy_buffers, products_of, working_model
from geomgen.training.trajectory import Trajectory, displacement

MAX_TRAIN_EVALUATED = 10_000


@dataclass
class Progress:
    """The progress of a training besides its tensors: all of it JSON.

    Attributes:
        step: Steps done.
        epoch_time_s: Time spent on steps since the last row.
        trajectory: Record of the path.
        first_loss: Loss of the first batch.
        largest_loss: Largest loss of a batch.
        rows: One per recorded epoch.
    """

    step: int = 0
    epoch_time_s: float = 0.0
    trajectory: Trajectory = field(default_factory=Trajectory)
    first_loss: float | None = None
    largest_loss: float = 0.0
    rows: list[TrainingRow] = field(default_factory=list)

    def to_mapping(self) -> dict[str, Any]:
        """Return the progress as JSON values."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, mapping: dict[str, Any]) -> "Progress":
        """Return the progress that `to_mapping` gave."""
        trajectory = Trajectory.from_mapping(mapping["trajectory"])
        rows = [TrainingRow(**row) for row in mapping["rows"]]
        numbers = {name: mapping[name] for name in ("step", "epoch_time_s", "first_loss", "largest_loss")}
        return cls(**numbers, trajectory=trajectory, rows=rows)

    def see(self, losses: Float32[Tensor, " n"]) -> None:
        """Record the losses of some batches."""
        self.first_loss = float(losses[0]) if self.first_loss is None else self.first_loss
        self.largest_loss = max(self.largest_loss, float(losses.max()))

    def has_diverged(self, now: Evaluation, labels: Int64[Tensor, " n"]) -> bool:
        """Return whether a loss has doubled, and images are not classified better than by always naming one class."""
        has_grown = self.first_loss is not None and max(self.largest_loss, now.loss) > 2 * self.first_loss
        return has_grown and now.accuracy <= int(labels.bincount().max()) / len(labels)


class Trainer:
    """A network on its way from initial to final parameters.

    Args:
        config: Resolved options.
        model: Network with its initial parameters, on its device; trained in place.
        dataset: Images and labels, as trained on.
        targets: Class probabilities of each training image, ``(n, num_classes)`` float32, that are learned instead of
            its label; None for labels.
        origin: The parameters by name that the run began with which this training goes on from; None if there is no
            such run, or they are unknown.
    """

    def __init__(
        self,
        config: TrainConfig,
        model: Network,
        dataset: Dataset,
        targets: Float32[Tensor, "n classes"] | None = None,
        origin: Mapping[str, Shaped[Tensor, "..."]] | None = None,
    ) -> None:
        self.config = config
        self.model = model
        self.train, self.test = dataset.train, dataset.test
        self.targets = dataset.train.labels if targets is None else targets
        self.working = working_model(model, config.precision)
        self.loss = LOSSES[config.loss]
        self.gradient = Gradient(self.working, config.gradient_penalty, self.loss)
        self.flat = self.gradient.flat if self.working is model else FlatParameters(model)
        self.initial = self.flat.vector.clone()
        self.origin = None if origin is None else self.flat.layout.vector(origin).to(self.flat.vector)
        copy = None if self.working is model else self.gradient.flat.vector
        self.optimizer = Optimizer(config, self.flat.vector, self.gradient.vector, copy)
        self.progress = Progress()
        self.is_own = config.kind == OWN
        self.most_weights = max(shape.numel() for shape in self.flat.layout.shapes.values())
        self.steps_per_epoch = math.ceil(len(self.train) / config.batch_size)
        self.measured = MeasuredSteps(config, model, len(self.train), dataset.input_shape)

    @property
    def num_steps(self) -> int:
        """Steps of the whole training."""
        return self.config.epochs * self.steps_per_epoch

    @property
    def epoch(self) -> int:
        """Completed epochs."""
        return self.progress.step // self.steps_per_epoch

    @property
    def from_origin(self) -> tuple[float | None, float | None]:
        """Distance from the origin, and what it is as a multiple of its length; None if there is no origin."""
        return (None, None) if self.origin is None else displacement(self.flat.vector, self.origin)

    @property
    def is_between_strata(self) -> bool:
        """Whether the length of the path is known up to the last step."""
        step = self.progress.step - self.epoch * self.steps_per_epoch
        return self.measured.stratum(self.epoch, step).start == step

    def run(self) -> Iterator[TrainingRow | None]:
        """Train to the end.

        Whatever happens between two yields, even if the process ends after saving `tensors` and ``progress``, the
        training ends with the same bits.

        Yields:
            An epoch's row when it is recorded, and None at every other end of an epoch and after a few steps each.

        Raises:
            DivergedError: If a loss or the distance from the initial parameters is not finite.
            UsageError: If a user's own network fails, or draws from a global generator.
        """
        while self.epoch < self.config.epochs:
            yield from self._run_epoch()

    def _run_epoch(self) -> Iterator[TrainingRow | None]:
        epoch, every = self.epoch, self.config.track_every
        order = torch.randperm(len(self.train), generator=generator(self.config.seed, "batch-order", epoch))
        first = epoch * self.steps_per_epoch
        while self.epoch == epoch:
            start = self.progress.step - first
            stratum = self.measured.stratum(epoch, start)
            chosen = self.measured.chosen(epoch, stratum)
            stop = min(start + every - (start - stratum.start) % every, stratum.stop)
            indices = order[start * self.config.batch_size : stop * self.config.batch_size]
            self._run_steps(indices, [step in chosen for step in range(start, stop)])
            if stop == stratum.stop:
                self.progress.trajectory.end_stratum(len(stratum))
            yield None if self.epoch == epoch else self._end_epoch()

    def _run_steps(self, indices: Tensor, measured: Sequence[bool]) -> None:
        """Take the steps of some images, and measure some of them."""
        generators = Generators(self.config.device) if self.is_own else None
        began = time.perf_counter()
        device = self.flat.vector.device
        images = as_float(self.train.images.index_select(0, indices).to(device)).to(self.gradient.vector.dtype)
        targets = self.targets.index_select(0, indices).to(device)
        size = self.config.batch_size
        with products_of(self.most_weights):
            batches = zip(images.split(size), targets.split(size), measured, strict=True)
            losses = [self._step(*batch) for batch in batches]
        copy_buffers(self.working, self.model)
        self._see(torch.stack(losses))
        self.progress.epoch_time_s += time.perf_counter() - began
        if generators is not None and generators.have_moved():
            raise UsageError(*unrepeatable(self.config.arch))

    def _step(self, images: Tensor, targets: Tensor, is_measured: bool) -> Tensor:
        loss = self.gradient(images, targets)
        if self.config.clip_norm is not None:
            clip(self.gradient.vector, self.config.clip_norm)
        self.progress.step += 1
        if is_measured:
            self.progress.trajectory.add(*self.optimizer.measured_step())
        else:
            self.optimizer.step()
        return loss

    def _see(self, losses: Tensor) -> None:
        """Record losses, all of which must be finite."""
        bad = (~losses.isfinite()).nonzero()
        if len(bad):
            step = self.progress.step - len(losses) + int(bad[0]) + 1
            raise self._diverged(f"The loss became {float(losses[bad[0]])} at step {step}")
        self.progress.see(losses)

    def _require_finite(self, found: Mapping[str, float]) -> None:
        """Refuse what the last steps made of the network, whose losses nobody has seen yet."""
        for name, value in found.items():
            if not math.isfinite(value):
                raise self._diverged(f"The {name} became {value} after step {self.progress.step}")

    def _diverged(self, what: str) -> DivergedError:
        return DivergedError(
            f"{what} of {self.num_steps} (--lr {self.config.lr:g}, --precision {self.config.precision}).",
            "Try a smaller --lr, --layer-norm, or --precision fp32.",
        )

    def _end_epoch(self) -> TrainingRow | None:
        """Record the epoch if that is due."""
        is_due = self.epoch % self.config.record_every == 0 or self.epoch == self.config.epochs
        row = self._recorded() if is_due else None
        self.progress.trajectory = self.progress.trajectory.next_epoch()
        return row

    def _recorded(self) -> TrainingRow:
        progress, trajectory = self.progress, self.progress.trajectory
        seen = self.train.first(min(len(self.train), MAX_TRAIN_EVALUATED))
        train, test = (evaluate(self.working, split, self.loss) for split in (seen, self.test))
        (train_nats, train_error), (test_nats, test_error) = (
            in_its_unit(found.loss, self.config.loss) for found in (train, test)
        )
        moved, relative = displacement(self.flat.vector, self.initial)
        self._require_finite({"training loss": train.loss, "test loss": test.loss, "distance": moved})
        trajectory.bridge(moved)
        from_origin, relative_from_origin = self.from_origin
        row = TrainingRow(
            epoch=self.epoch,
            step=progress.step,
            train_loss_nats=train_nats,
            train_accuracy=train.accuracy,
            test_loss_nats=test_nats,
            test_accuracy=test.accuracy,
            learning_rate=self.config.lr,
            gradient_norm=trajectory.gradients.total / self.steps_per_epoch,
            gradient_norm_stderr=trajectory.gradients.stderr / self.steps_per_epoch,
            distance=moved,
            relative_distance=relative,
            path_length=trajectory.path_length(moved),
            path_length_stderr=trajectory.path.stderr,
            num_measured_steps=trajectory.num_measured,
            num_train_evaluated=len(seen),
            wall_time_s=progress.epoch_time_s,
            diverged=progress.has_diverged(train, seen.labels),
            train_squared_error=train_error,
            test_squared_error=test_error,
            origin_distance=from_origin,
            relative_origin_distance=relative_from_origin,
        )
        progress.epoch_time_s = 0.0
        progress.rows.append(row)
        return row

    def tensors(self) -> dict[str, Shaped[Tensor, "..."]]:
        """Return all tensors that, with ``progress``, continue this training: parameters, moments, buffers."""
        vectors = {"": self.flat.vector} | {
            f"moment{index}/": moment for index, moment in enumerate(self.optimizer.moments)
        }
        views = {
            f"{prefix}{name}": view
            for prefix, vector in vectors.items()
            for name, view in self.flat.layout.named(vector).items()
        }
        return views | dict(self.model.named_buffers())

    @torch.no_grad()
    def restore(self, tensors: dict[str, Shaped[Tensor, "..."]], progress: Progress) -> None:
        """Continue from `tensors` and ``progress`` of an earlier trainer of the same config.

        Raises:
            KeyError: If a tensor is missing.
        """
        for name, tensor in self.tensors().items():
            tensor.copy_(tensors[name])
        self.gradient.flat.vector.copy_(self.flat.vector)
        copy_buffers(self.model, self.working)
        self.optimizer.num_steps = progress.step
        self.progress = progress
