"""What `train --track` records besides the epochs: implicit regularisation, and distance from initialisation."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from statistics import fmean
from typing import Any, Self

from torch import Tensor

from geomgen.data.dataset import Split
from geomgen.data.transforms import as_float
from geomgen.models.functional.flat import FlatLayout
from geomgen.tables.training import ImplicitRegularizationRow, PointRow
from geomgen.training.evaluate import in_its_unit
from geomgen.training.implicit_regularization import batch_gradients, gradient_noise, implicit_lambda
from geomgen.training.loop import Trainer
from geomgen.training.trajectory import displacement, ratio

LARGEST_COST = 1 / 20
POINT_RATIO = 2**0.25
MOST_KEPT_NUMEL = 2**23


@dataclass
class Tracked:
    """What has been recorded so far: all of it JSON."""

    gradients: list[ImplicitRegularizationRow] = field(default_factory=list)
    points: list[PointRow] = field(default_factory=list)

    def to_mapping(self) -> dict[str, Any]:
        """Return the records as JSON values."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, mapping: dict[str, Any]) -> Self:
        """Return the records that `to_mapping` gave."""
        rows = [ImplicitRegularizationRow(**row) for row in mapping["gradients"]]
        return cls(rows, [PointRow(**row) for row in mapping["points"]])


class Tracker:
    """Records what ``--track`` asks for while a trainer works; it changes nothing and draws no random numbers.

    Args:
        trainer: Observed between its steps.

    Attributes:
        tracked: The records; to continue a training, set them to those it saved.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.tracked = Tracked()
        self.wanted = "implicit-regularization" in (trainer.config.track or ())
        batch_size = min(trainer.config.batch_size, len(trainer.train))
        num_batches = max(1, min(trainer.config.track_images, len(trainer.train)) // batch_size)
        self.batch_size, self.num_images = batch_size, num_batches * batch_size
        self.interval = trainer.config.track_interval or default_interval(self.num_images, len(trainer.train))

    @cached_property
    def images(self) -> Split:
        """The images on which gradients are computed."""
        return self.trainer.train.first(self.num_images)

    def look(self) -> None:
        """Record what is due; to be called before the first step and between steps from then on."""
        if self.wanted:
            if self._gradient_is_due():
                self.tracked.gradients.append(self._gradient_row())
            if self._point_is_due():
                self.tracked.points.append(self._point_row())

    def _gradient_is_due(self) -> bool:
        trainer = self.trainer
        at_end_of_epoch = trainer.progress.step == trainer.epoch * trainer.steps_per_epoch
        recorded = self.tracked.gradients and self.tracked.gradients[-1].epoch == trainer.epoch
        is_due = trainer.epoch % self.interval == 0 or trainer.epoch == trainer.config.epochs
        return at_end_of_epoch and is_due and not recorded

    def _point_is_due(self) -> bool:
        if not self.trainer.is_between_strata:
            return False
        step, last = self.trainer.progress.step, self.tracked.points[-1].step if self.tracked.points else 0
        return step >= max(1.0, last * POINT_RATIO) or (step == self.trainer.num_steps and step > last)

    def _gradient_row(self) -> ImplicitRegularizationRow:
        trainer = self.trainer
        num_parameters = trainer.model.num_parameters()
        weight = implicit_lambda(trainer.config, num_parameters)
        losses = list[float]()
        found = gradient_noise(self._repeatable_gradients(num_parameters, losses), self._decay(weight))
        e_corr, descended = found.square / num_parameters, found.descended_square
        loss_nats, squared_error = in_its_unit(fmean(losses), trainer.config.loss)
        in_nats = loss_nats is not None
        return ImplicitRegularizationRow(
            epoch=trainer.epoch,
            step=trainer.progress.step,
            loss_nats=loss_nats,
            gradient_square=found.square,
            e_corr=e_corr,
            implicit_lambda=weight,
            correction_nats=weight * e_corr if in_nats and weight is not None else None,
            gradient_noise=found.noise,
            gradient_snr=found.snr,
            gradient_snr_stderr=found.snr_stderr,
            bits_per_step=found.bits,
            bits_per_step_stderr=found.bits_stderr,
            num_batches=self.num_images // self.batch_size,
            num_images=self.num_images,
            num_parameters=num_parameters,
            descended_correction_nats=trainer.config.lr / 4 * descended if in_nats and descended is not None else None,
            squared_error=squared_error,
        )

    def _decay(self, weight: float | None) -> Tensor | None:
        """Return the gradient of sgd's L2 term; None where the steps are not those of plain gradient descent."""
        config, model = self.trainer.config, self.trainer.model
        if weight is None or config.gradient_penalty:
            return None
        return FlatLayout.of(model).vector(dict(model.named_parameters())).mul_(config.weight_decay)

    def _repeatable_gradients(self, num_parameters: int, losses: list[float]) -> Callable[[], Iterable[Tensor]]:
        """Return a function that yields all batches' gradients each time: stored if they are small, else recomputed.

        Args:
            num_parameters: Of the network.
            losses: Filled with the batches' losses in the first pass.
        """
        if self.num_images // self.batch_size * num_parameters > MOST_KEPT_NUMEL:
            return lambda: self._gradients(losses)
        kept = [gradient.clone() for gradient in self._gradients(losses)]
        return lambda: kept

    def _gradients(self, losses: list[float]) -> Iterator[Tensor]:
        losses.clear()
        device = self.trainer.flat.vector.device
        images, labels = as_float(self.images.images.to(device)), self.images.labels.to(device)
        found = batch_gradients(self.trainer.model, images, labels, self.batch_size, self.trainer.loss)
        for loss, gradient in found:
            losses.append(loss)
            yield gradient

    def _point_row(self) -> PointRow:
        trainer, progress = self.trainer, self.trainer.progress
        moved, relative = displacement(trainer.flat.vector, trainer.initial)
        from_origin, relative_from_origin = trainer.from_origin
        path_length = progress.trajectory.path_length(max([moved, *(point.distance for point in self.tracked.points)]))
        return PointRow(
            step=progress.step,
            distance=moved,
            relative_distance=relative,
            path_length=path_length,
            directness=ratio(moved, path_length),
            origin_distance=from_origin,
            relative_origin_distance=relative_from_origin,
        )


def default_interval(num_images: int, num_trained: int) -> int:
    """Return the epochs between two gradients, each at most two passes over the images, within `LARGEST_COST`."""
    return math.ceil(2 * num_images / (LARGEST_COST * num_trained))
