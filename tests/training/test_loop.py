"""The training loop against a plain one written out, and against itself when it is left and taken up again."""

import itertools
import random
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.errors import DivergedError, UsageError
from geomgen.models.build import build_model
from geomgen.models.custom import CustomModule
from geomgen.models.layers import Network
from geomgen.models.trial import seeded
from geomgen.numerics.seeds import generator
from geomgen.training.evaluate import evaluate
from geomgen.training.loop import Progress, Trainer
from tests.training.plain_loop import train_plainly


def _trainer(dataset: Dataset, **options: object) -> Trainer:
    config = TrainConfig(**{"width": 16, "epochs": 3, "batch_size": 20} | options).resolved(device="cpu", threads=1)  # type: ignore[arg-type]
    source = generator(0, "initial-parameters")
    return Trainer(config, build_model(config, dataset.input_shape, dataset.num_classes, source), dataset)


def _finished(trainer: Trainer) -> list[torch.Tensor]:
    for _ in trainer.run():
        pass
    return [parameter.detach() for parameter in trainer.model.parameters()]


def test_ends_with_the_bits_of_a_plain_loop(dataset: Dataset) -> None:
    mine = _finished(_trainer(dataset))
    model = _trainer(dataset).model
    train_plainly(model, dataset, epochs=3)
    for left, right in zip(mine, model.parameters(), strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize(("ticks", "batch_size"), [(1, 20), (5, 20), (13, 20), (22, 20), (9, 1), (70, 1)])
def test_continues_with_the_same_bits_from_any_step(
    dataset: Dataset, precision: str, optimizer: str, ticks: int, batch_size: int
) -> None:
    """In batches of one image, strata are longer than the steps of a tick and not all of their steps are measured."""
    options = {"precision": precision, "optimizer": optimizer, "track_every": 2, "batch_size": batch_size}
    undisturbed = _trainer(dataset, **options)
    expected = _finished(undisturbed)
    first = _trainer(dataset, **options)
    for _ in itertools.islice(first.run(), ticks):
        pass
    saved = {name: tensor.clone() for name, tensor in first.tensors().items()}
    second = _trainer(dataset, **options)
    second.restore(saved, Progress.from_mapping(first.progress.to_mapping()))
    for left, right in zip(_finished(second), expected, strict=True):
        assert torch.equal(left, right)
    for left_row, right_row in zip(second.progress.rows, undisturbed.progress.rows, strict=True):
        assert left_row.path_length == right_row.path_length
        assert left_row.test_loss_nats == right_row.test_loss_nats


class Buffered(nn.Module):
    """Has buffers that training moves, and a constant that is no bfloat16."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = spectral_norm(nn.Linear(36, 8)), nn.Linear(8, 4)
        self.norm = nn.InstanceNorm2d(1, track_running_stats=True)
        self.register_buffer("scale", torch.tensor(1.001))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        logits: torch.Tensor = self.last(self.first(self.norm(images).flatten(1)) * self.scale)
        return logits


def _buffered(dataset: Dataset) -> Trainer:
    torch.manual_seed(0)
    config = TrainConfig(arch="m:f", epochs=4, batch_size=20, precision="bf16").resolved(device="cpu", threads=1)
    return Trainer(config, Network({"own": CustomModule(Buffered(), ["first", "last"], "m:f")}, 8).eval(), dataset)


def test_the_saved_network_is_the_one_that_was_trained_at_bf16_and_continues_with_its_buffers(dataset: Dataset) -> None:
    with seeded(0):
        whole, first, second = (_buffered(dataset) for _ in range(3))
    scale = whole.model.get_buffer("own.module.scale").clone()
    _finished(whole)
    trained, saved = dict(whole.working.named_buffers()), dict(whole.model.named_buffers())
    assert all(torch.equal(trained[name], saved[name].to(trained[name].dtype)) for name in saved)
    assert torch.equal(saved["own.module.scale"], scale)
    # The weights of the trained one are rounded to 2^-9 of themselves.
    found = evaluate(whole.model, dataset.test).loss
    assert found == pytest.approx(whole.progress.rows[-1].test_loss_nats, abs=0.02)
    for _ in itertools.islice(first.run(), 3):
        pass
    tensors = {name: tensor.clone() for name, tensor in first.tensors().items()}
    second.restore(tensors, Progress.from_mapping(first.progress.to_mapping()))
    _finished(second)
    for name, tensor in second.model.state_dict().items():
        assert torch.equal(tensor, whole.model.state_dict()[name]), name


def test_learns_and_measures_its_path(dataset: Dataset) -> None:
    trainer = _trainer(dataset, track_every=1, lr=1e-2)
    initial = [parameter.detach().clone() for parameter in trainer.model.parameters()]
    _finished(trainer)
    last = trainer.progress.rows[-1]
    assert last.test_accuracy > 0.9
    assert last.num_measured_steps == trainer.steps_per_epoch == 13
    assert last.path_length_stderr == 0.0
    assert last.distance <= last.path_length
    moved = sum(
        float((a.detach() - b).double().square().sum())
        for a, b in zip(trainer.model.parameters(), initial, strict=True)
    )
    assert last.distance == pytest.approx(moved**0.5, rel=1e-6)


@pytest.mark.parametrize("options", [{"optimizer": "sgd", "lr": 0.1}, {"optimizer": "adamw", "lr": 1e-3}])
def test_its_path_is_that_of_a_plain_loop_step_by_step(dataset: Dataset, options: dict[str, object]) -> None:
    lengths = train_plainly(
        _trainer(dataset).model, dataset, 2, batch_size=1, lr=float(str(options["lr"])), sgd="sgd" in options.values()
    )
    for track_every, share in ((1, 1.0), (4, 0.42)):
        trainer = _trainer(dataset, epochs=2, batch_size=1, track_every=track_every, **options)
        _finished(trainer)
        for row in trainer.progress.rows:
            length = sum(lengths[: row.step])
            assert row.path_length == pytest.approx(length, rel=1e-5, abs=5 * row.path_length_stderr)
            assert 0 < row.num_measured_steps <= share * 256
            assert row.path_length >= row.distance
            assert row.path_length_stderr <= (track_every > 1) * 0.1 * length


def test_a_straight_path_is_as_long_as_its_distance(dataset: Dataset) -> None:
    trainer = _trainer(dataset, batch_size=256, track_every=1, lr=1e-6)
    _finished(trainer)
    for row in trainer.progress.rows:
        assert 1 <= row.path_length / row.distance < 1.1


def test_bf16_follows_fp32_to_its_rounding(dataset: Dataset) -> None:
    full, half = _trainer(dataset), _trainer(dataset, precision="bf16")
    _finished(full)
    _finished(half)
    assert half.progress.rows[-1].test_loss_nats == pytest.approx(full.progress.rows[-1].test_loss_nats, rel=0.05)
    assert half.flat.vector.dtype == torch.float32


def test_a_loss_that_is_not_finite_names_its_step(dataset: Dataset) -> None:
    trainer = _trainer(dataset, optimizer="sgd", lr=1e30)
    with pytest.raises(DivergedError, match=r"loss became \w+ at step \d+ of 39 .*--lr 1e\+30"):
        _finished(trainer)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"lr": 1e30}, r"The training loss became \w+ after step 1 of 1 \(--lr 1e\+30"),
        (
            {"lr": 1e39, "loss": "mse", "activation": "identity"},
            r"The (training loss|distance) became \w+ after step 1",
        ),
    ],
)
def test_a_network_that_the_last_step_breaks_has_diverged(
    dataset: Dataset, options: dict[str, object], told: str
) -> None:
    trainer = _trainer(dataset, optimizer="sgd", epochs=1, batch_size=256, **options)
    with pytest.raises(DivergedError, match=told):
        _finished(trainer)
    assert not trainer.progress.rows


def test_a_loss_that_only_the_last_step_raises_has_diverged(dataset: Dataset) -> None:
    trainer = _trainer(dataset, optimizer="sgd", lr=1000.0, epochs=1, batch_size=256)
    _finished(trainer)
    assert trainer.progress.rows[-1].diverged is True


@pytest.mark.parametrize(
    ("options", "diverged"),
    [
        ({"optimizer": "sgd", "lr": 100.0}, True),
        ({"optimizer": "adam", "lr": 30.0}, True),
        ({"optimizer": "sgd", "lr": 0.1}, False),  # it learns
        ({"optimizer": "sgd", "lr": 1e-6}, False),  # it stays at chance, but has not left its start
        ({"init": "scaled:0.001", "depth": 5}, False),  # it moves many times the length of its start
    ],
)
def test_a_training_that_ends_at_chance_after_its_loss_has_grown_has_diverged(
    dataset: Dataset, options: dict[str, object], diverged: bool
) -> None:
    trainer = _trainer(dataset, **options)
    _finished(trainer)
    last = trainer.progress.rows[-1]
    assert last.diverged is diverged
    assert last.train_accuracy <= 0.25 or not diverged


def test_the_first_and_the_largest_loss_are_kept_over_a_stop(dataset: Dataset) -> None:
    trainer = _trainer(dataset, optimizer="sgd", lr=100.0)
    model = _trainer(dataset).model
    batch = torch.randperm(256, generator=generator(0, "batch-order", 0))[:20]
    loss = nn.functional.cross_entropy(model(as_float(dataset.train.images[batch])), dataset.train.labels[batch])
    next(trainer.run())
    progress = Progress.from_mapping(trainer.progress.to_mapping())
    assert progress.first_loss == pytest.approx(float(loss.detach()), rel=1e-5)
    assert progress.largest_loss > 2 * float(loss.detach())


def test_the_global_random_state_is_untouched(dataset: Dataset) -> None:
    before = torch.get_rng_state()
    _finished(_trainer(dataset))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_gradient_penalty_takes_the_steps_of_the_penalised_loss(dataset: Dataset) -> None:
    trainer = _trainer(dataset, optimizer="sgd", lr=0.1, weight_decay=0.0, gradient_penalty=30.0)
    model = _trainer(dataset).model
    mine = _finished(trainer)
    for epoch in range(3):
        order = torch.randperm(len(dataset.train), generator=generator(0, "batch-order", epoch))
        for batch in order.split(20):
            parameters = list(model.parameters())
            loss = nn.functional.cross_entropy(
                model(as_float(dataset.train.images[batch])), dataset.train.labels[batch]
            )
            first = torch.autograd.grad(loss, parameters, create_graph=True)
            square = torch.stack([gradient.square().sum() for gradient in first]).sum()
            total = loss + 30.0 / model.num_parameters() * square
            torch._foreach_add_([p.data for p in parameters], torch.autograd.grad(total, parameters), alpha=-0.1)
    for left, right in zip(mine, model.parameters(), strict=True):
        assert torch.allclose(left, right, atol=1e-6)


@pytest.mark.parametrize("options", [{}, {"residual": True}])
@pytest.mark.parametrize("limit", [1e-3, 0.3, 1e9])
def test_clipped_gradients_take_the_steps_of_pytorch(
    dataset: Dataset, options: dict[str, object], limit: float
) -> None:
    trainer = _trainer(dataset, optimizer="sgd", lr=0.1, weight_decay=0.0, clip_norm=limit, **options)
    model = _trainer(dataset, **options).model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    mine = _finished(trainer)
    for epoch in range(3):
        order = torch.randperm(len(dataset.train), generator=generator(0, "batch-order", epoch))
        for batch in order.split(20):
            optimizer.zero_grad()
            outputs = model(as_float(dataset.train.images[batch]))
            nn.functional.cross_entropy(outputs, dataset.train.labels[batch]).backward()
            nn.utils.clip_grad_norm_(model.parameters(), limit)
            optimizer.step()
    assert trainer.progress.rows[-1].gradient_norm <= limit * (1 + 1e-5)
    for left, right in zip(mine, model.parameters(), strict=True):
        assert torch.allclose(left, right, atol=1e-6)


def test_a_gradient_penalty_differentiates_large_layers_twice(dataset: Dataset) -> None:
    config = TrainConfig(width=1024, gradient_penalty=1.0, epochs=1, batch_size=128).resolved(device="cpu", threads=1)
    model = build_model(config, dataset.input_shape, dataset.num_classes, generator(0, "initial-parameters"))
    trainer = Trainer(config, model, dataset)
    before = trainer.flat.vector.clone()
    next(trainer.run())
    assert not torch.equal(trainer.flat.vector, before)


def test_records_some_epochs_and_the_last_of_the_same_training(dataset: Dataset) -> None:
    every, some = _trainer(dataset, track_every=2), _trainer(dataset, track_every=2, record_every=2)
    for left, right in zip(_finished(every), _finished(some), strict=True):
        assert torch.equal(left, right)
    assert [row.epoch for row in some.progress.rows] == [2, 3]
    for row, same in zip(some.progress.rows, every.progress.rows[1:], strict=True):
        assert (row.path_length, row.gradient_norm, row.num_measured_steps) == (
            same.path_length,
            same.gradient_norm,
            same.num_measured_steps,
        )


class Late(nn.Module):
    """Draws, or fails, only with more images than a trial pass has."""

    def __init__(self, between: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.first, self.last, self.between = nn.Linear(36, 8), nn.Linear(8, 4), between

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        hidden = self.first(images.flatten(1))
        logits: torch.Tensor = self.last(self.between(hidden) if len(images) > 10 else hidden)
        return logits


@pytest.mark.parametrize(
    ("between", "told"),
    [
        (nn.functional.dropout, "--arch m:f draws random numbers while it trains, outside --seed"),
        (lambda hidden: hidden * random.choice([1, 2]), "--arch m:f draws random numbers while it trains"),
        (lambda hidden: hidden[:, 9:], r"--arch m:f failed on \(20, 1, 6, 6\) images: RuntimeError"),
    ],
)
def test_what_a_users_network_does_only_in_training_is_noticed(
    dataset: Dataset, between: Callable[[torch.Tensor], torch.Tensor], told: str
) -> None:
    config = TrainConfig(arch="m:f", epochs=1, batch_size=20).resolved(device="cpu", threads=1)
    model = Network({"own": CustomModule(Late(between), ["first", "last"], "m:f")}, 8).eval()
    trainer = Trainer(config, model, dataset)
    with pytest.raises(UsageError, match=told):
        next(trainer.run())


class Skipping(nn.Module):
    """Leaves a map out of some batches, as a mixture of experts does."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.branch, self.last = nn.Linear(36, 8), nn.Linear(8, 8), nn.Linear(8, 4)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        hidden = self.first(images.flatten(1))
        logits: torch.Tensor = self.last(hidden if images[0, 0, 0, 0] > 0.2 else self.branch(hidden))
        return logits


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_map_that_a_batch_does_not_use_has_no_gradient_there(dataset: Dataset, penalty: float) -> None:
    options = {"arch": "m:f", "epochs": 1, "batch_size": 20, "optimizer": "sgd", "lr": 0.1, "weight_decay": 0.0}
    config = TrainConfig(**options, gradient_penalty=penalty).resolved(device="cpu", threads=1)  # type: ignore[arg-type]
    model = Network({"own": CustomModule(Skipping(), ["first", "branch", "last"], "m:f")}, 8).eval()
    trainer = Trainer(config, model, dataset)
    images = as_float(dataset.train.images[:20]).clone()
    branch = "own.module.branch.weight"
    for pixel, is_used in ((0.0, True), (1.0, False)):
        images[0, 0, 0, 0] = pixel
        trainer.gradient(images, dataset.train.labels[:20])
        assert bool(trainer.flat.layout.named(trainer.gradient.vector)[branch].any()) is is_used
    _finished(trainer)
