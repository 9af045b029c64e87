"""Activations against the products written out, and the controls against what each must keep."""

import math

import pytest
import torch

from geomgen.config.train import TrainConfig
from geomgen.data.transforms import as_float
from geomgen.errors import UsageError
from geomgen.measures.activations import activations, chosen_layers, controlled, num_units
from geomgen.models.build import build_model
from geomgen.models.layers import Network
from geomgen.numerics.seeds import generator


def _model(arch: str = "mlp", **options: object) -> Network:
    config = TrainConfig(arch=arch, width=12, **options).resolved(device="cpu", threads=1)  # type: ignore[arg-type]
    return build_model(config, (1, 16, 14), 5, generator(config.seed, "initial-parameters"))


def _images(n: int = 1500) -> torch.Tensor:
    return torch.randint(0, 256, (n, 1, 16, 14), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def test_pre_and_post_are_before_and_after_norm_and_relu() -> None:
    model, images = _model(layer_norm=True), _images()
    weights = dict(model.named_parameters())
    x = as_float(images).flatten(1)
    for name in ("hidden1", "hidden2"):
        pre = x @ weights[f"{name}.linear.weight"].T + weights[f"{name}.linear.bias"]
        x = torch.nn.functional.layer_norm(pre, (12,)).relu()
        for site, expected in (("pre", pre), ("post", x)):
            found = activations(model, chosen_layers(model, [name]), site, images)
            torch.testing.assert_close(found[name], expected.detach(), rtol=1e-4, atol=1e-5)


def test_layers_are_chosen_by_name_without_repeats() -> None:
    model = _model()
    assert [layer.name for layer in chosen_layers(model, ["penultimate"])] == ["hidden2"]
    assert [layer.name for layer in chosen_layers(model, ["hidden2", "all"])] == ["hidden2", "hidden1", "output"]
    with pytest.raises(UsageError, match=r"'hidden9' is not a layer.*It has: hidden1, hidden2, output"):
        chosen_layers(model, ["hidden9"])


def test_feature_maps_are_one_vector_an_image_and_counted_without_parameters() -> None:
    model, images = _model("lenet5"), _images(3)
    layers = chosen_layers(model, ["all"])
    found = activations(model, layers, "post", images)
    shapes = {name: taken.shape[1] for name, taken in found.items()}
    assert shapes == num_units(model.to("meta"), layers, "post", (1, 16, 14))
    assert list(shapes) == ["conv1", "conv2", "hidden1", "hidden2", "output"]


@pytest.mark.parametrize("condition", ["control-features", "control-units"])
def test_permuted_controls_keep_each_columns_or_rows_values(condition: str) -> None:
    data = torch.randn(40, 7, generator=torch.Generator().manual_seed(0))
    found = controlled(data, condition, generator(0, condition))
    axis = 0 if condition == "control-features" else 1
    assert torch.equal(found.sort(axis).values, data.sort(axis).values)
    assert not torch.equal(found, data)
    orders = {tuple(line.argsort().tolist()) for line in (found.T if axis == 0 else found)}
    assert len(orders) == data.shape[1 - axis], "each line has a permutation of its own"


def test_gaussian_control_keeps_each_columns_mean_and_variance() -> None:
    n = 20_000
    data = torch.randn(n, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 5.0, 0.1]) + 2
    found = controlled(data, "control-gaussian", generator(0, "g"))
    std = data.std(0)
    assert bool(((found.mean(0) - data.mean(0)).abs() < 5 * std / math.sqrt(n)).all())
    assert bool(((found.std(0) / std - 1).abs() < 5 / math.sqrt(2 * n)).all())


@pytest.mark.parametrize("condition", ["data", "permuted-pixels"])
def test_other_conditions_leave_activations_alone(condition: str) -> None:
    data = torch.randn(4, 3)
    assert controlled(data, condition, generator(0, "x")) is data
