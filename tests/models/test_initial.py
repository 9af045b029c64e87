"""Laws of initial weights: moments, orthogonality, and what a scale does."""

import math

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from geomgen.errors import UsageError
from geomgen.models.custom import CustomModule
from geomgen.models.initial import initialise, require_redrawable
from geomgen.models.layers import Network
from geomgen.models.lenet import lenet5
from geomgen.models.mlp import mlp
from geomgen.numerics.seeds import generator


def _drawn(law: str, model: Network | None = None) -> Network:
    model = model or mlp((1, 20, 15), 10, width=400)
    initialise(model, generator(0, "initial-parameters"), law)
    return model


def _maps(model: Network) -> list[nn.Linear | nn.Conv2d]:
    return [module for module in model.modules() if isinstance(module, (nn.Linear, nn.Conv2d))]


@pytest.mark.parametrize(
    ("law", "variance", "kurtosis"),
    [("he", lambda fan_in, _: 2 / fan_in, 3.0), ("xavier", lambda fan_in, fan_out: 2 / (fan_in + fan_out), 1.8)],
)
@pytest.mark.parametrize("arch", ["mlp", "lenet5"])
def test_variances_are_the_laws(law: str, variance: object, kurtosis: float, arch: str) -> None:
    model = _drawn(law, None if arch == "mlp" else lenet5((1, 28, 28), 10, width=168))
    for module in _maps(model):
        weight = module.weight.detach()
        fan_in, fan_out = weight[0].numel(), weight[:, 0].numel()
        found = float(weight.double().square().mean()) / variance(fan_in, fan_out)  # type: ignore[operator]
        # Of n numbers, the mean square deviates by sqrt((kurtosis - 1) / n) of itself.
        assert abs(found - 1) < 5 * math.sqrt((kurtosis - 1) / weight.numel())
        assert module.bias is not None
        assert not module.bias.any()


def test_orthogonal_weights_are() -> None:
    for module in _maps(_drawn("orthogonal")):
        rows = module.weight.detach().double()
        product = rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows
        torch.testing.assert_close(product, torch.eye(len(product), dtype=torch.float64), rtol=0, atol=1e-5)


def test_scaled_weights_are_the_default_ones_times_the_scale() -> None:
    for plain, scaled in zip(_drawn("default").parameters(), _drawn("scaled:2.5").parameters(), strict=True):
        torch.testing.assert_close(scaled, 2.5 * plain, rtol=1e-7, atol=0)
    norms = _drawn("scaled:2.5", mlp((1, 4, 4), 3, width=5, norm=nn.LayerNorm))
    assert all(bool((module.weight == 1).all()) for module in norms.modules() if isinstance(module, nn.LayerNorm))


def test_laws_depend_on_the_generator_alone() -> None:
    torch.manual_seed(1)
    first = [parameter.clone() for parameter in _drawn("orthogonal").parameters()]
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for a, b in zip(first, _drawn("orthogonal").parameters(), strict=True))


@pytest.mark.parametrize(("sigma_w", "sigma_b"), [(1.0, 0.0), (math.sqrt(2), 0.3)])
def test_normal_weights_have_the_variances_of_the_infinite_width_convention(sigma_w: float, sigma_b: float) -> None:
    model = mlp((1, 20, 15), 10, width=400)
    initialise(model, generator(0, "initial-parameters"), "normal", (sigma_w, sigma_b))
    for module in _maps(model):
        weight, fan_in = module.weight.detach().double(), module.weight[0].numel()
        # Of n normal numbers, the mean square deviates by sqrt(2 / n) of itself.
        assert abs(float(weight.square().mean()) * fan_in / sigma_w**2 - 1) < 5 * math.sqrt(2 / weight.numel())
    assert model.get_submodule("hidden1.linear").bias is not None
    biases = torch.cat([module.bias.detach() for module in _maps(model) if module.bias is not None]).double()
    assert abs(float(biases.square().mean()) - sigma_b**2) <= 5 * sigma_b**2 * math.sqrt(2 / len(biases))


def test_sigmas_scale_the_same_draws() -> None:
    drawn = {}
    for sigmas in ((1.0, 0.0), (2.0, 0.5)):
        drawn[sigmas] = mlp((1, 4, 4), 3, width=5)
        initialise(drawn[sigmas], generator(0, "initial-parameters"), "normal", sigmas)
    for one, two in zip(_maps(drawn[1.0, 0.0]), _maps(drawn[2.0, 0.5]), strict=True):
        assert torch.equal(two.weight, 2 * one.weight)


def _own(between: nn.Module) -> Network:
    module = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), between, nn.Linear(8, 3))
    return Network({"own": CustomModule(module, ["1", "3"], "m:f")}, 8)


@pytest.mark.parametrize(
    "between",
    [
        parametrizations.weight_norm(nn.Linear(8, 8)),
        parametrizations.spectral_norm(nn.Linear(8, 8)),
        nn.MultiheadAttention(8, 2),
        nn.GRU(8, 8),
        nn.ConvTranspose1d(8, 8, 1),
    ],
)
def test_a_law_that_would_leave_some_maps_as_they_are_is_refused(between: nn.Module) -> None:
    for law in ("he", "xavier", "orthogonal", "normal", "scaled:2"):
        with pytest.raises(UsageError, match=f"--init {law} does not apply to --arch m:f: 2 is .*, whose weight"):
            require_redrawable("m:f", _own(between), law)
    require_redrawable("m:f", _own(between), "default")


def test_a_law_that_redraws_all_maps_is_not_refused() -> None:
    require_redrawable("m:f", _own(nn.Linear(8, 8)), "he")
    require_redrawable("m:f", _own(nn.BatchNorm1d(8)), "he")
