"""A user's own network: how its layers are found, and everything that is refused with a reason."""

import sys
from pathlib import Path

import pytest
import torch

from geomgen.config.architecture import ArchitectureConfig
from geomgen.errors import UsageError
from geomgen.measures.activations import activations, chosen_layers
from geomgen.models.build import build_model
from geomgen.models.code import require_module
from geomgen.models.custom import code_sha256, custom_network
from geomgen.numerics.seeds import generator
from geomgen.training.gradient import plain_layers

HEADER = """
import torch
from torch import nn

def chain(*parts):
    return nn.Sequential(nn.Flatten(), nn.Linear(48, 6), *parts, nn.Linear(6, 3))

def good(input_shape, num_classes):
    return chain(nn.ReLU(), nn.Linear(6, 6), nn.ReLU())

def sized(input_shape, num_classes, width=6, depth=1):
    hidden = [nn.Linear(width, width) for _ in range(depth - 1)]
    return nn.Sequential(nn.Flatten(), nn.Linear(48, width), *hidden, nn.Linear(width, 3))

class Swapped(nn.Module):
    def __init__(self, input_shape, num_classes):
        super().__init__()
        self.logits, self.second, self.first = nn.Linear(6, 3), nn.Linear(6, 6), nn.Linear(48, 6)

    def forward(self, images):
        hidden = torch.relu(self.first(images.flatten(1)))
        return self.logits(hidden + torch.tanh(self.second(hidden)))

def not_callable_there(input_shape, num_classes):
    raise KeyError("no such thing")

def number(input_shape, num_classes):
    return 5

def dropout(input_shape, num_classes):
    return chain(nn.Dropout(0.1))

def shape(input_shape, num_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(48, 6), nn.Linear(6, 4))

def small(input_shape, num_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(48, 3))

def narrow(input_shape, num_classes):
    return nn.Sequential(nn.Linear(5, 6), nn.Linear(6, 3))

def tied(input_shape, num_classes):
    module = chain(nn.Linear(6, 6), nn.Linear(6, 6))
    module[2].weight = module[3].weight
    return module

def frozen(input_shape, num_classes):
    return chain(nn.Linear(6, 6).requires_grad_(False))

def double(input_shape, num_classes):
    return chain().double()

class Unused(Swapped):
    def forward(self, images):
        return self.logits(self.first(images.flatten(1)))

def lazy(input_shape, num_classes):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(6), nn.ReLU(), nn.LazyLinear(num_classes))

class Later(nn.Module):
    def __init__(self, input_shape, num_classes):
        super().__init__()
        self.logits = None

    def forward(self, images):
        if self.logits is None:
            self.first, self.logits = nn.Linear(48, 6), nn.Linear(6, 3)
        return self.logits(self.first(images.flatten(1)))

def by_numpy_and_python(input_shape, num_classes):
    import random
    import numpy
    module = chain()
    module[1].weight.data *= numpy.random.rand() * random.random()
    return module

def unseeded(input_shape, num_classes):
    import numpy
    module = chain()
    module[1].weight.data *= numpy.random.default_rng().random()
    return module

def spectral(input_shape, num_classes):
    return chain(nn.utils.parametrizations.spectral_norm(nn.Linear(6, 6)))

def noisy(input_shape, num_classes):
    return chain(Noise())

class Noise(nn.Module):
    def forward(self, hidden):
        return hidden + torch.randn_like(hidden) if self.training else hidden

def leaves(input_shape, num_classes):
    raise SystemExit

class Rarely(nn.Module):
    def __init__(self, input_shape, num_classes):
        super().__init__()
        self.chain = chain()

    def forward(self, images):
        if len(images) > 100:
            raise ValueError("too many")
        return self.chain(images)

nothing = 3
"""
SHAPE = (3, 4, 4)


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("own_networks", "broken_networks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    path = tmp_path / "own_networks.py"
    path.write_text(HEADER)
    return path


def _config(factory: str, **options: object) -> ArchitectureConfig:
    return ArchitectureConfig(arch=f"own_networks:{factory}", **options)  # type: ignore[arg-type]


def test_layers_are_the_maps_in_the_order_of_their_use() -> None:
    model = custom_network(_config("Swapped"), SHAPE, 3)
    assert [layer.name for layer in model.layers()] == ["first", "second", "logits"]
    assert model.width == 6
    assert plain_layers(model) == []


def test_a_layer_hands_on_what_the_next_takes_in() -> None:
    model = custom_network(_config("Swapped"), SHAPE, 3)
    images = torch.randint(0, 256, (5, *SHAPE), dtype=torch.uint8)
    taken = {site: activations(model, chosen_layers(model, ["all"]), site, images) for site in ("pre", "post")}
    torch.testing.assert_close(taken["post"]["first"], taken["pre"]["first"].relu())
    torch.testing.assert_close(taken["post"]["second"], taken["post"]["first"] + taken["pre"]["second"].tanh())
    assert torch.equal(taken["post"]["logits"], taken["pre"]["logits"])


def test_parameters_depend_on_the_seed_and_leave_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    first, same, other = (
        build_model(_config("good"), SHAPE, 3, generator(seed, "initial-parameters")).state_dict() for seed in (0, 0, 1)
    )
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("factory", ["lazy", "Later", "by_numpy_and_python"])
def test_parameters_made_at_first_use_or_by_other_generators_depend_on_the_seed_alone(factory: str) -> None:
    before = torch.get_rng_state()
    first, same, other = (
        build_model(_config(factory), SHAPE, 3, generator(seed, "initial-parameters")).state_dict()
        for seed in (0, 0, 1)
    )
    assert first.keys() == same.keys()
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)
    assert torch.equal(torch.get_rng_state(), before)
    assert code_sha256(_config(factory), SHAPE, 3).keys() == {"own_networks.py"}


@pytest.mark.parametrize(
    ("factory", "options", "message"),
    [
        (
            "unseeded",
            {},
            r"makes another 1\.weight each time, from the same seed. Draw from torch's",
        ),
        ("noisy", {}, "draws random numbers while it trains, outside --seed"),
        ("spectral", {"init": "he"}, ": 2 is ParametrizedLinear, whose weight is computed from other parameters"),
    ],
)
def test_what_could_not_be_made_twice_or_as_asked_is_refused_before_it_is_trained(
    factory: str, options: dict[str, object], message: str
) -> None:
    config = _config(factory, **options)
    custom_network(config, SHAPE, 3)  # a run that an earlier version made of it can still be measured
    with pytest.raises(UsageError, match=f"--arch own_networks:{factory} ?{message}"):
        code_sha256(config, SHAPE, 3)


def test_a_network_that_fails_later_is_named() -> None:
    model = custom_network(_config("Rarely"), SHAPE, 3)
    with pytest.raises(UsageError, match=r"Rarely failed on \(101, 3, 4, 4\) images: ValueError: too many"):
        model(torch.zeros(101, *SHAPE))


def test_another_law_draws_its_maps_anew() -> None:
    model = build_model(_config("good", init="orthogonal"), SHAPE, 3, generator(0, "initial-parameters"))
    weight = next(model.parameters()).detach()
    torch.testing.assert_close(weight @ weight.T, torch.eye(6), rtol=0, atol=1e-5)


def test_sizes_go_to_a_factory_that_takes_them() -> None:
    model = custom_network(_config("sized", width=9, depth=3), SHAPE, 3)
    assert (model.width, len(model.layers())) == (9, 4)
    assert custom_network(_config("good", width=6), SHAPE, 3).width == 6


@pytest.mark.parametrize(
    ("factory", "options", "message"),
    [
        ("missing", {}, "own_networks has no function missing"),
        ("nothing", {}, "own_networks has no function nothing"),
        ("not_callable_there", {}, r"failed: KeyError: 'no such thing' geomgen --debug shows where"),
        ("leaves", {}, r"failed: SystemExit geomgen --debug shows where"),
        ("number", {}, r"returned int, not a torch.nn.Module"),
        ("dropout", {}, r"2 is Dropout, whose random draws could not be repeated"),
        ("shape", {}, r"gave shape \(2, 4\) for 2 images of 3 classes. Return \(n, 3\) logits"),
        ("small", {}, "uses 1 linear or convolutional maps. It needs two or more"),
        ("narrow", {}, r"failed on images of shape \(3, 4, 4\): RuntimeError"),
        ("tied", {}, "uses a parameter in two places"),
        ("frozen", {}, "parameter 2.weight is not a trainable float32 tensor"),
        ("double", {}, "parameter 1.weight is not a trainable float32 tensor"),
        ("Unused", {}, "the output does not depend on parameter second.weight"),
        ("good", {"width": 7}, "--width 7 is not the width of --arch own_networks:good: 6. Leave it out"),
        ("good", {"depth": 7}, "--depth does not apply to --arch own_networks:good"),
    ],
)
def test_what_cannot_be_used_is_said(factory: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        custom_network(_config(factory, **options), SHAPE, 3)


def test_a_module_that_is_not_there_or_does_not_import_is_named(module: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no module nowhere. Run from the folder that holds nowhere.py"):
        custom_network(ArchitectureConfig(arch="nowhere:f"), SHAPE, 3)
    (module.parent / "broken_networks.py").write_text("1 / 0")
    with pytest.raises(UsageError, match="could not be imported: ZeroDivisionError"):
        custom_network(ArchitectureConfig(arch="broken_networks:f"), SHAPE, 3)


@pytest.mark.parametrize("place", ["broken_networks.py", "broken_networks/__init__.py", "broken_networks/net.py"])
@pytest.mark.parametrize(("code", "told"), [("import sys; sys.exit()", "SystemExit"), ("import nix", "ModuleNotFound")])
def test_a_module_or_its_package_that_ends_python_is_named(module: Path, place: str, code: str, told: str) -> None:
    path = module.parent / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(code)
    if path.parent != module.parent:
        (path.parent / "net.py").touch()
    name = "broken_networks" if path.parent == module.parent else "broken_networks.net"
    require_module(f"{name}:f")
    with pytest.raises(UsageError, match=f"--arch {name}:f could not be imported: {told}"):
        custom_network(ArchitectureConfig(arch=f"{name}:f"), SHAPE, 3)
