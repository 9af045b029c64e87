"""What --track records, when, and that it changes nothing."""

import itertools
import math

import pytest
import torch

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.models.build import build_model
from geomgen.numerics.seeds import generator
from geomgen.training import tracking
from geomgen.training.loop import Trainer
from geomgen.training.tracking import Tracked, Tracker, default_interval


def _tracked(dataset: Dataset, **options: object) -> Tracker:
    options = {"epochs": 4, "batch_size": 20, "track_every": 1, "track": ("implicit-regularization",)} | options
    config = TrainConfig(width=16, **options).resolved(device="cpu", threads=1)  # type: ignore[arg-type]
    model = build_model(config, dataset.input_shape, dataset.num_classes, generator(0, "initial-parameters"))
    tracker = Tracker(Trainer(config, model, dataset))
    tracker.look()
    for _ in tracker.trainer.run():
        tracker.look()
    return tracker


def test_e_corr_is_the_square_of_the_gradient_on_the_fixed_set_over_m(dataset: Dataset) -> None:
    tracker = _tracked(dataset, optimizer="sgd", lr=0.1, track_images=100)
    row, model = tracker.tracked.gradients[-1], tracker.trainer.model
    images, labels = as_float(dataset.train.images[:100]), dataset.train.labels[:100]
    loss = torch.nn.functional.cross_entropy(model(images), labels)
    square = sum(float(g.double().square().sum()) for g in torch.autograd.grad(loss, list(model.parameters())))
    assert (row.epoch, row.step, row.num_images, row.num_batches) == (4, 52, 100, 5)
    assert row.loss_nats == pytest.approx(float(loss.detach()), rel=1e-5)
    assert row.e_corr == pytest.approx(square / model.num_parameters(), rel=1e-4)
    assert row.implicit_lambda == pytest.approx(0.1 * model.num_parameters() / 4)
    assert row.correction_nats == pytest.approx(0.1 / 4 * square, rel=1e-4)


def test_full_batches_have_no_noise_and_adam_no_lambda(dataset: Dataset) -> None:
    row = _tracked(dataset, batch_size=256, track_images=10).tracked.gradients[-1]
    assert (row.num_images, row.num_batches) == (256, 1)
    assert row.gradient_noise is None
    assert row.bits_per_step is None
    assert row.implicit_lambda is None
    assert row.correction_nats is None


def test_gradients_are_the_same_kept_or_computed_twice(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = _tracked(dataset).tracked.gradients
    monkeypatch.setattr(tracking, "MOST_KEPT_NUMEL", 0)
    assert _tracked(dataset).tracked.gradients == kept


def test_tracking_changes_no_bit_of_the_training(dataset: Dataset) -> None:
    tracked, untracked = _tracked(dataset, precision="bf16"), _tracked(dataset, precision="bf16", track=None)
    assert torch.equal(tracked.trainer.flat.vector, untracked.trainer.flat.vector)
    assert untracked.tracked == Tracked()


@pytest.mark.parametrize(("options", "epochs"), [({"track_interval": 3}, [0, 3, 4]), ({"track_images": 20}, [0, 4])])
def test_gradients_are_taken_at_the_start_the_interval_and_the_end(
    dataset: Dataset, options: dict[str, int], epochs: list[int]
) -> None:
    assert [row.epoch for row in _tracked(dataset, **options).tracked.gradients] == epochs


def test_default_interval_keeps_the_cost_at_a_twentieth() -> None:
    assert default_interval(num_images=1024, num_trained=60_000) == 1
    assert default_interval(num_images=1000, num_trained=1000) == 40


def test_points_are_spaced_evenly_on_a_logarithmic_scale_to_the_end(dataset: Dataset) -> None:
    points = _tracked(dataset).tracked.points
    steps = [point.step for point in points]
    assert steps[:8] == [1, 2, 3, 4, 5, 6, 8, 10]
    assert steps[-1] == 52
    assert all(1 < later / earlier < 1.3 for earlier, later in itertools.pairwise(steps[6:]))


def test_the_first_step_is_straight_and_the_last_point_is_that_of_the_epoch(dataset: Dataset) -> None:
    tracker = _tracked(dataset)
    first, last, row = tracker.tracked.points[0], tracker.tracked.points[-1], tracker.trainer.progress.rows[-1]
    assert first.directness == pytest.approx(1, rel=1e-5)
    assert (last.distance, last.relative_distance, last.path_length) == (
        row.distance,
        row.relative_distance,
        row.path_length,
    )
    assert last.directness == last.distance / last.path_length < 1


def test_mapping_round_trip_keeps_every_number(dataset: Dataset) -> None:
    tracked = _tracked(dataset).tracked
    assert Tracked.from_mapping(tracked.to_mapping()) == tracked
    assert math.isfinite(tracked.points[-1].path_length)
