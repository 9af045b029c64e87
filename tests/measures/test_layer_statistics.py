"""Statistics of layers against each formula written out in float64."""

import math

import pytest
import torch

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.measures.layer_statistics import layer_gradients, layer_statistics, participation_ratio
from geomgen.measures.log_determinant import participation_ratio as ratio_of_spectrum
from geomgen.measures.log_determinant import spectrum
from geomgen.models.build import build_model
from geomgen.models.functional.loss import LOSSES
from geomgen.models.layers import Network
from geomgen.numerics.seeds import generator
from tests.training.plain_loop import plain_loss


def _model(dataset: Dataset, **options: object) -> Network:
    config = TrainConfig(width=12, **options).resolved(device="cpu", threads=1)  # type: ignore[arg-type]
    return build_model(config, dataset.input_shape, dataset.num_classes, generator(0, "initial-parameters"))


def test_every_column_is_what_it_says(dataset: Dataset) -> None:
    model = _model(dataset, layer_norm=True)
    with torch.no_grad():
        model.get_submodule("hidden1").get_submodule("layernorm").get_parameter("bias")[:3] -= 100  # dead
    images = dataset.test.images
    (row, *_) = layer_statistics(model, model.layers(), "initial", images, dataset.train, 64)
    weights = dict(model.double().named_parameters())
    pre = as_float(images).double().flatten(1) @ weights["hidden1.linear.weight"].T + weights["hidden1.linear.bias"]
    scale, shift = (weights[f"hidden1.layernorm.{name}"] for name in ("weight", "bias"))
    post = torch.nn.functional.layer_norm(pre, (12,), scale, shift).relu()
    for name, data in (("pre", pre.detach()), ("post", post.detach())):
        assert getattr(row, f"{name}_mean") == pytest.approx(float(data.mean()), rel=1e-5)
        assert getattr(row, f"{name}_variance") == pytest.approx(float(data.var(correction=0)), rel=1e-5)
        assert getattr(row, f"{name}_rms") == pytest.approx(float(data.square().mean().sqrt()), rel=1e-5)
    assert row.dead_fraction == float((post.detach() == 0).all(0).double().mean()) >= 3 / 12
    units = pre.detach() / pre.detach().norm(dim=1, keepdim=True)
    cosines = (units @ units.T)[*torch.triu_indices(128, 128, 1)]
    assert row.cosine_mean == pytest.approx(float(cosines.mean()), rel=1e-5)
    assert row.cosine_std == pytest.approx(float(cosines.std(correction=0)), rel=1e-4)
    assert (row.num_samples, row.dim, row.num_gradient_images) == (128, 12, 256)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_the_mean_loss(dataset: Dataset, name: str) -> None:
    model = _model(dataset)
    found = layer_gradients(model, model.layers(), dataset.train, 100, LOSSES[name]).norms
    loss = LOSSES[name](model(as_float(dataset.train.images)), dataset.train.labels)
    loss.backward()
    for layer in model.layers():
        gradient = layer.pre.get_parameter("weight").grad
        assert gradient is not None
        assert found[layer.name] == pytest.approx(float(gradient.norm()), rel=1e-5)


@pytest.mark.parametrize("batch_size", [60, 256, 1000])
def test_with_batch_normalisation_gradients_are_those_of_training(dataset: Dataset, batch_size: int) -> None:
    model = _model(dataset, batch_norm=True)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    rows = layer_statistics(model, model.layers(), "initial", dataset.test.images, dataset.train, batch_size)
    size = min(batch_size, 256)
    num_images = 256 // size * size
    parameters = {name: value.detach().double().requires_grad_() for name, value in model.named_parameters()}
    images, labels = as_float(dataset.train.images).double(), dataset.train.labels
    batches = list(zip(images.split(size), labels.split(size), strict=True))[: num_images // size]
    torch.stack([plain_loss(parameters, *batch) for batch in batches]).mean().backward()
    for row in rows:
        gradient = parameters[f"{row.layer}.linear.weight"].grad
        assert gradient is not None
        assert row.gradient_norm == pytest.approx(float(gradient.norm()), rel=1e-4)
        assert row.num_gradient_images == num_images
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_a_layer_without_a_weight_has_no_gradient(dataset: Dataset) -> None:
    model = _model(dataset, arch="transformer", depth=1, patch=3)
    rows = layer_statistics(model, model.layers(), "initial", dataset.test.images, dataset.train, 64)
    assert {row.layer for row in rows if row.gradient_norm is None} == {"pooled"}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("options", [{}, {"layer_norm": True}, {"residual": True}])
def test_gradients_that_arrive_at_a_layer_are_those_of_each_images_loss(
    dataset: Dataset, name: str, options: dict[str, object]
) -> None:
    model = _model(dataset, **options)
    found = layer_gradients(model, model.layers(), dataset.train, 100, LOSSES[name]).mean_squares
    images, labels = as_float(dataset.train.images), dataset.train.labels
    for layer in model.layers():
        kept: list[torch.Tensor] = []
        handle = layer.pre.register_forward_hook(lambda _module, _inputs, output, kept=kept: kept.append(output))
        losses = [LOSSES[name](model(image[None]), label[None]) for image, label in zip(images, labels, strict=True)]
        handle.remove()
        squares = [float(torch.autograd.grad(one, at)[0].square().mean()) for one, at in zip(losses, kept, strict=True)]
        assert found[layer.name] == pytest.approx(sum(squares) / len(squares), rel=1e-4)


def test_an_activation_in_place_changes_no_gradient(dataset: Dataset) -> None:
    model, other = _model(dataset), _model(dataset)
    for module in other.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = True
    found = [layer_gradients(one, one.layers(), dataset.train, 100) for one in (model, other)]
    assert found[0] == found[1]


def test_participation_ratio_is_that_of_the_spectrum() -> None:
    data = torch.randn(2300, 40, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.1, 3, 40) + 7
    assert participation_ratio(data) == pytest.approx(ratio_of_spectrum(spectrum(data)), rel=1e-4)
    assert math.isnan(participation_ratio(torch.ones(5, 3)))
