"""Batch normalisation while training: against a plain loop, across a stop, in bfloat16, and before the first step."""

import itertools

import pytest
import torch

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.models.build import build_model
from geomgen.models.layers import Network
from geomgen.numerics.seeds import generator
from geomgen.training.loop import Progress, Trainer
from geomgen.training.normalisation import batch_norms, take_statistics
from tests.training.plain_loop import train_plainly


def _config(**options: object) -> TrainConfig:
    options = {"width": 16, "epochs": 2, "batch_size": 20, "batch_norm": True, **options}
    return TrainConfig(**options).resolved(device="cpu", threads=1)  # type: ignore[arg-type]


def _network(dataset: Dataset, **options: object) -> Network:
    return build_model(_config(**options), dataset.input_shape, dataset.num_classes, generator(0, "initial-parameters"))


def _trainer(dataset: Dataset, **options: object) -> Trainer:
    return Trainer(_config(**options), _network(dataset, **options), dataset)


def _finished(trainer: Trainer) -> dict[str, torch.Tensor]:
    for _ in trainer.run():
        pass
    return trainer.model.state_dict()


def test_ends_with_the_parameters_and_statistics_of_a_plain_loop(dataset: Dataset) -> None:
    mine = _finished(_trainer(dataset))
    model = _network(dataset).train()
    train_plainly(model, dataset, epochs=2)
    for name, tensor in model.state_dict().items():
        assert torch.equal(mine[name], tensor), name


def test_hidden_biases_are_moved_by_rounding_alone(dataset: Dataset) -> None:
    """Why results with AdamW depend on the number of threads: its steps are as long, however small the gradient."""
    trainer = _trainer(dataset, track_every=1, lr=1e-3)
    next(trainer.run())
    gradients = trainer.flat.layout.named(trainer.gradient.vector)
    moved = trainer.flat.layout.named(trainer.flat.vector - trainer.initial)
    for name in ("hidden1", "hidden2"):
        bias, weight = f"{name}.linear.bias", f"{name}.linear.weight"
        assert 0 < gradients[bias].abs().max() < 1e-6 * gradients[weight].norm()
        assert moved[bias].abs().median() > 1e-4


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_continues_with_the_same_bits(dataset: Dataset, precision: str) -> None:
    expected = _finished(_trainer(dataset, precision=precision))
    first = _trainer(dataset, precision=precision)
    for _ in itertools.islice(first.run(), 3):
        pass
    saved = {name: tensor.clone() for name, tensor in first.tensors().items()}
    second = _trainer(dataset, precision=precision)
    second.restore(saved, Progress.from_mapping(first.progress.to_mapping()))
    for name, tensor in _finished(second).items():
        assert torch.equal(tensor, expected[name]), name


def test_statistics_are_float32_and_follow_at_bf16(dataset: Dataset) -> None:
    full, half = _finished(_trainer(dataset)), _finished(_trainer(dataset, precision="bf16"))
    for name in ("hidden1.batchnorm1d.running_mean", "hidden2.batchnorm1d.running_var"):
        assert half[name].dtype == torch.float32
        # A product of bfloat16 numbers is off by 2^-8 or so of its terms.
        torch.testing.assert_close(half[name], full[name], rtol=0.05, atol=0.02)
    assert int(half["hidden1.batchnorm1d.num_batches_tracked"]) == 2 * 13


def test_evaluation_and_measures_leave_the_statistics_alone(dataset: Dataset) -> None:
    trainer = _trainer(dataset)
    next(trainer.run())
    before = {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}
    trainer.model(as_float(dataset.test.images))
    assert all(torch.equal(before[name], tensor) for name, tensor in trainer.model.state_dict().items())


def test_first_statistics_are_those_of_the_inputs(dataset: Dataset) -> None:
    model = _network(dataset)
    take_statistics(model, dataset.train.images)
    inputs = as_float(dataset.train.images).flatten(1)
    for name in ("hidden1", "hidden2"):
        block = model.get_submodule(name)
        norm, outputs = block.get_submodule("batchnorm1d"), block.get_submodule("linear")(inputs).detach()
        torch.testing.assert_close(norm.get_buffer("running_mean"), outputs.mean(0))
        torch.testing.assert_close(norm.get_buffer("running_var"), outputs.var(0))
        inputs = ((outputs - outputs.mean(0)) / (outputs.var(0, correction=0) + 1e-5).sqrt()).relu()
    assert [norm.momentum for norm in batch_norms(model)] == [0.1, 0.1]


def test_first_statistics_weigh_all_images_alike(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A remainder of one image, brighter than the others, counts as one of 61, neither as a batch nor as nothing."""
    monkeypatch.setattr("geomgen.training.normalisation.EVALUATION_BATCH_SIZE", 20)
    images = dataset.train.images[:61].clone()
    images[-1] = 255
    model = _network(dataset)
    take_statistics(model, images)
    outputs = model.get_submodule("hidden1.linear")(as_float(images).flatten(1)).detach()
    mean = model.get_submodule("hidden1.batchnorm1d").get_buffer("running_mean")
    # Batches of 16 and 15 images: each image weighs 1/64 or 1/60.
    assert float((mean - outputs.mean(0)).norm()) < (61 / 60 - 1) * float(outputs.norm(dim=1).mean())
