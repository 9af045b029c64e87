"""What --track records, when, and that it changes nothing."""

import itertools
import math
from copy import deepcopy

import pytest
import torch
from torch import nn

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.models.build import build_model
from geomgen.models.custom import CustomModule
from geomgen.models.layers import Network
from geomgen.numerics.seeds import generator
from geomgen.training import tracking
from geomgen.training.loop import Trainer
from geomgen.training.tracking import Tracked, Tracker, default_interval
from tests.training.plain_loop import plain_loss


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


@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_number_is_that_of_the_loss_that_training_descends(dataset: Dataset, batch_norm: bool) -> None:
    """A plain loop over batches in float64: its gradients, with the statistics of the batch, and with weight decay."""
    rate, decay = 0.1, 0.05
    options = {"optimizer": "sgd", "lr": rate, "weight_decay": decay, "batch_norm": batch_norm, "track_images": 100}
    tracker = _tracked(dataset, **options)
    row = tracker.tracked.gradients[-1]
    found = {name: value.detach().double() for name, value in tracker.trainer.model.named_parameters()}
    losses, gradients = [], []
    for start in range(0, 100, 20):
        parameters = {name: value.clone().requires_grad_() for name, value in found.items()}
        images, labels = dataset.train.images[start : start + 20], dataset.train.labels[start : start + 20]
        loss = plain_loss(parameters, as_float(images).double(), labels)
        losses.append(loss.item())
        gradients.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(parameters.values()))]))
    drawn, theta = torch.stack(gradients), torch.cat([value.flatten() for value in found.values()])
    square, noise = float(drawn.mean(0).square().sum()), float(drawn.var(0).sum())
    snr = (square - noise / 5) / noise
    assert row.loss_nats == pytest.approx(sum(losses) / 5, rel=1e-5)
    assert row.gradient_square == pytest.approx(square, rel=1e-4)
    assert row.e_corr == pytest.approx(square / len(theta), rel=1e-4)
    assert row.gradient_noise == pytest.approx(noise, rel=1e-4)
    assert row.gradient_snr == pytest.approx(snr, rel=1e-3)
    assert row.bits_per_step == pytest.approx(max(0.0, math.log2(1 + snr) / 2), rel=1e-3)
    assert row.correction_nats == pytest.approx(rate / 4 * square, rel=1e-4)
    whole = float((drawn.mean(0) + decay * theta).square().sum())
    assert row.descended_correction_nats == pytest.approx(rate / 4 * whole, rel=1e-4)
    assert abs(whole / square - 1) > 0.01


def test_weight_decay_is_left_out_where_steps_are_not_plain_gradient_descent(dataset: Dataset) -> None:
    for options in ({"optimizer": "adam"}, {"optimizer": "sgd", "gradient_penalty": 1.0}):
        assert _tracked(dataset, **options).tracked.gradients[-1].descended_correction_nats is None


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


@pytest.mark.parametrize("options", [{"precision": "bf16"}, {"batch_norm": True}])
def test_tracking_changes_no_bit_of_the_training(dataset: Dataset, options: dict[str, object]) -> None:
    tracked, untracked = _tracked(dataset, **options), _tracked(dataset, **options, track=None)
    states = (tracker.trainer.model.state_dict() for tracker in (tracked, untracked))
    for one, other in zip(*(state.values() for state in states), strict=True):
        assert torch.equal(one, other)
    assert untracked.tracked == Tracked()


def test_a_point_on_the_path_leaves_the_record_of_the_path_alone(dataset: Dataset) -> None:
    config = TrainConfig(width=16, epochs=1, batch_size=20, track=("implicit-regularization",))
    config = config.resolved(device="cpu", threads=1)
    model = build_model(config, dataset.input_shape, dataset.num_classes, generator(0, "initial-parameters"))
    tracker = Tracker(Trainer(config, model, dataset))
    for _ in tracker.trainer.run():
        before = deepcopy(tracker.trainer.progress)
        tracker.look()
        assert tracker.trainer.progress == before
    assert tracker.tracked.points


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


@pytest.mark.parametrize("moves", [True, False])
def test_a_start_of_zeros_has_no_relative_distance_and_no_movement_no_directness(dataset: Dataset, moves: bool) -> None:
    """From zeros, only the biases of the output have a gradient."""
    first, last = nn.Linear(36, 5), nn.Linear(5, dataset.num_classes, bias=moves)
    module = nn.Sequential(nn.Flatten(), first, nn.ReLU(), last)
    torch.nn.utils.vector_to_parameters(torch.zeros(2000), module.parameters())
    config = TrainConfig(arch="m:f", batch_size=20, optimizer="sgd", track=("implicit-regularization",), epochs=2)
    model = Network({"own": CustomModule(module, ["1", "3"], "m:f")}, 5)
    tracker = Tracker(Trainer(config.resolved(device="cpu", threads=1), model, dataset))
    for _ in tracker.trainer.run():
        tracker.look()
    row, point = tracker.trainer.progress.rows[-1], tracker.tracked.points[-1]
    assert (row.relative_distance, point.relative_distance) == (None, None)
    assert (point.distance > 0, point.directness is not None) == (moves, moves)


def test_mapping_round_trip_keeps_every_number(dataset: Dataset) -> None:
    tracked = _tracked(dataset).tracked
    assert Tracked.from_mapping(tracked.to_mapping()) == tracked
    assert math.isfinite(tracked.points[-1].path_length)


def test_with_mse_the_gradient_is_that_of_the_squared_error_and_nothing_is_in_nats(dataset: Dataset) -> None:
    tracker = _tracked(dataset, optimizer="sgd", lr=0.01, track_images=100, loss="mse")
    row, model = tracker.tracked.gradients[-1], tracker.trainer.model
    wanted = torch.nn.functional.one_hot(dataset.train.labels[:100], dataset.num_classes)
    loss = (model(as_float(dataset.train.images[:100])) - wanted).square().sum(1).mean()
    square = sum(float(g.double().square().sum()) for g in torch.autograd.grad(loss, list(model.parameters())))
    assert row.squared_error == pytest.approx(float(loss.detach()), rel=1e-5)
    assert row.e_corr == pytest.approx(square / model.num_parameters(), rel=1e-4)
    assert row.implicit_lambda == pytest.approx(0.01 * model.num_parameters() / 4)
    assert (row.loss_nats, row.correction_nats, row.descended_correction_nats) == (None, None, None)
    (last,) = (row for row in tracker.trainer.progress.rows if row.epoch == 4)
    assert (last.train_loss_nats, last.test_loss_nats) == (None, None)
    assert last.train_loss == last.train_squared_error
    assert last.test_loss == last.test_squared_error
