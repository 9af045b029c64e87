"""What is seen of a user's network before it is trained: random draws, state, and axes that are not the images'."""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from geomgen.errors import DataError, UsageError
from geomgen.models.custom import CustomModule
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.layers import Network
from geomgen.models.trial import (
    Generators,
    require_repeatable,
    require_second_derivatives,
    seeded,
    traced,
    users_code,
)

SHAPE, NUM_CLASSES = (1, 4, 4), 3
LEGACY = np.random


class Between(nn.Module):
    """Two maps with something between them."""

    def __init__(self, between: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(16, 8), nn.Linear(8, NUM_CLASSES)
        self.between, self.own = between, torch.Generator()

    def forward(self, images: Tensor) -> Tensor:
        """Return logits."""
        hidden: Tensor = self.last(self.between(self, self.first(images.flatten(1))))
        return hidden


def counted(module: Any, hidden: Tensor) -> Tensor:
    module.calls = getattr(module, "calls", 0) + 1
    return hidden * module.calls  # type: ignore[no-any-return]


class Attending(Between):
    """Attention over one token."""

    def __init__(self, dropout: float) -> None:
        super().__init__(lambda _module, hidden: self.attend(*[hidden[:, None]] * 3)[0][:, 0])
        self.attend = nn.MultiheadAttention(8, 2, dropout=dropout, batch_first=True)


@pytest.mark.parametrize(
    ("error", "told"),
    [(KeyError("x"), "KeyError: 'x'"), (SystemExit(), "SystemExit"), (SystemExit(0), "SystemExit: 0")],
)
def test_whatever_a_users_code_raises_is_theirs(error: BaseException, told: str) -> None:
    with (
        pytest.raises(UsageError, match=f"^--arch m:f failed: {told} geomgen --debug shows"),
        users_code("m:f", "failed"),
    ):
        raise error


def test_what_geomgen_raises_in_a_users_code_and_a_key_that_is_pressed_stay_what_they_are() -> None:
    with pytest.raises(DataError), users_code("m:f", "failed"):
        raise DataError("Ours.", "")
    with pytest.raises(KeyboardInterrupt), users_code("m:f", "failed"):
        raise KeyboardInterrupt


def test_all_global_generators_are_seeded_and_restored() -> None:
    def drawn() -> list[float]:
        return [float(torch.rand(())), LEGACY.rand(), random.random()]

    with seeded(5):
        expected = drawn()
    with seeded(6):
        assert not set(drawn()) & set(expected)
    before = torch.get_rng_state(), LEGACY.get_state()[1].tolist(), random.getstate()  # type: ignore[index]
    with seeded(5):
        assert drawn() == expected
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (LEGACY.get_state()[1].tolist(), random.getstate())  # type: ignore[index]


@pytest.mark.parametrize("draw", [partial(torch.randn, 1), LEGACY.rand, partial(torch.randperm, 3), random.random])
def test_a_draw_from_a_global_generator_is_noticed(draw: Callable[[], object]) -> None:
    generators = Generators()
    torch.randn(5, generator=torch.Generator())
    assert not generators.have_moved()
    with seeded(0):
        generators = Generators()
        draw()
        assert generators.have_moved()


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Between(lambda module, hidden: functional.dropout(hidden, 0.1, module.training)), "draws random numbers"),
        (Between(lambda _module, hidden: functional.dropout(hidden, 0.1)), "draws random numbers"),
        (Between(lambda _module, hidden: hidden + torch.randn_like(hidden)), "draws random numbers"),
        (Between(lambda _module, hidden: hidden * float(LEGACY.rand())), "draws random numbers"),
        (Attending(dropout=0.1), "draws random numbers"),
        (Between(lambda module, hidden: hidden * torch.rand(8, generator=module.own)), "gave two results"),
        (Between(lambda _module, hidden: hidden * random.random()), "draws random numbers"),
        (Between(lambda _module, hidden: hidden if random.random() < 2 else -hidden), "draws random numbers"),
        (Between(counted), "gave two results"),
        (
            Between(lambda module, hidden: hidden * (1 // (not module.training))),
            "failed in training mode: ZeroDiv",
        ),
    ],
)
def test_a_training_that_could_not_be_repeated_is_refused(module: nn.Module, message: str) -> None:
    before = torch.get_rng_state()
    with pytest.raises(UsageError, match=f"--arch m:f {message}"):
        require_repeatable("m:f", module, SHAPE, NUM_CLASSES)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    "module",
    [
        Attending(dropout=0.0),
        Between(lambda _module, hidden: hidden.relu()),
        nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.BatchNorm1d(8), nn.Linear(8, NUM_CLASSES)),
        nn.Sequential(nn.Flatten(), spectral_norm(nn.Linear(16, 8)), nn.Linear(8, NUM_CLASSES)),
    ],
)
def test_a_training_that_can_be_repeated_is_not_and_leaves_no_trace(module: nn.Module) -> None:
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    require_repeatable("m:f", module.eval(), SHAPE, NUM_CLASSES)
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


class Rows(nn.Module):
    """Reads the rows of an image in a way of its own."""

    def __init__(self, read: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Linear(4, 5), nn.Linear(5, 5), nn.Linear(5, NUM_CLASSES)
        self.read = read

    def forward(self, images: Tensor) -> Tensor:
        """Return logits of ``(n, rows, columns)``."""
        logits: Tensor = self.last(self.read(self, images[:, 0]))
        return logits


def images_second(self: Rows, rows: Tensor) -> Tensor:
    hidden: Tensor = self.second(self.first(rows.transpose(0, 1))).mean(0)
    return hidden


def folded(self: Rows, rows: Tensor) -> Tensor:
    hidden: Tensor = self.second(self.first(rows.flatten(0, 1))).view(-1, 4, 5).mean(1)
    return hidden


def one_by_one(self: Rows, rows: Tensor) -> Tensor:
    return torch.stack([self.second(self.first(image.mean(0))) for image in rows])


def two_shapes(self: Rows, rows: Tensor) -> Tensor:
    hidden = self.first(rows)
    both: Tensor = self.second(hidden).mean(1) + self.second(hidden[:, 0])
    return both


def input_folded(self: Rows, rows: Tensor) -> Tensor:
    """Give the second map its input in another form than the first one's output."""
    hidden: Tensor = self.second(self.first(rows).transpose(0, 1)).transpose(0, 1).mean(1)
    return hidden


def by_name(self: Rows, rows: Tensor) -> Tensor:
    hidden: Tensor = self.second(input=self.first(rows)).mean(1)
    return hidden


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (images_second, r"with 2 images, the input or output of first has the shape \(4, 2, 5\)"),
        (folded, r"with 2 images, the input or output of first has the shape \(8, 5\)"),
        (one_by_one, r"with 2 images, the input or output of first has the shape \(5,\)"),
        (two_shapes, r"with 2 images, the input or output of second has the shape \(2, 4, 5\) and \(2, 5\)"),
        (input_folded, r"with 2 images, the input or output of second has the shape \(4, 2, 5\)"),
        (by_name, "with 2 images, the input or output of second has the shape None"),
    ],
)
def test_a_layer_whose_first_axis_is_not_the_images_is_refused(
    read: Callable[[Rows, Tensor], Tensor], told: str
) -> None:
    with pytest.raises(UsageError, match=f"{told}; its first axis must be the images. Keep the images first"):
        traced("m:f", Rows(read), SHAPE, NUM_CLASSES)


def test_an_axis_that_happens_to_be_as_long_as_the_images_are_many_is_no_excuse() -> None:
    with pytest.raises(UsageError, match=r"with 3 images, the input or output of first has the shape \(2, 3, 5\)"):
        traced("m:f", Rows(images_second), (1, 2, 4), NUM_CLASSES)


def test_maps_are_named_in_the_order_of_their_last_use() -> None:
    rows = Rows(lambda self, rows: self.first(self.second(self.first(rows)[..., :5])[..., :4]).mean(1))
    assert traced("m:f", rows, SHAPE, NUM_CLASSES) == ["second", "first", "last"]


class HalfSquare(torch.autograd.Function):
    """x^2 / 2, with the derivative of another unit."""

    @staticmethod
    def forward(hidden: Tensor) -> Tensor:  # noqa: D102
        return hidden.square() / 2

    @staticmethod
    def setup_context(context: Any, inputs: tuple[Tensor], _output: Tensor) -> None:  # noqa: D102
        context.save_for_backward(inputs[0])

    @staticmethod
    def backward(context: Any, slope: Tensor) -> Any:  # noqa: D102
        (hidden,) = context.saved_tensors
        return slope * hidden.roll(1, -1)


def half_square(_module: Any, hidden: Tensor) -> Tensor:
    found: Tensor = HalfSquare.apply(hidden)  # type: ignore[no-untyped-call]
    return found


def distances(_module: Any, hidden: Tensor) -> Tensor:
    return torch.cdist(hidden, hidden.detach() + 1)[:, :1].expand(-1, 8) + hidden


@pytest.mark.parametrize(
    ("between", "told"),
    [
        (distances, "cannot be differentiated twice: NotImplementedError: the derivative for '_cdist_backward'"),
        (half_square, "its second derivatives are not symmetric"),
    ],
)
def test_a_network_whose_second_derivatives_torch_does_not_have_is_refused(
    between: Callable[[Any, Tensor], Tensor], told: str
) -> None:
    model = Network({"own": CustomModule(Between(between), ["first", "last"], "m:f")}, 8)
    images, labels = torch.rand(4, *SHAPE), torch.arange(4) % NUM_CLASSES
    with pytest.raises(UsageError, match=f"--arch m:f.*{told}"):
        require_second_derivatives("m:f", NetworkFunction(model), images, labels)
    smooth = Between(lambda _module, hidden: hidden.tanh())
    require_second_derivatives("m:f", NetworkFunction(smooth), images, labels)


class Constant(nn.Module):
    """Two maps whose weights are no parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(16, 8, bias=False), nn.Linear(8, NUM_CLASSES, bias=False)
        for module in (self.first, self.last):
            weight = module.weight.detach()
            del module.weight
            module.register_buffer("weight", weight)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.last(self.first(images.flatten(1)))
        return logits


def test_a_network_without_parameters_is_refused() -> None:
    with pytest.raises(UsageError, match="--arch m:f has no parameters"):
        traced("m:f", Constant(), SHAPE, NUM_CLASSES)
