"""Trial passes of a user's network: which maps it uses, and whether its training could be measured and repeated."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from geomgen.errors import GeomgenError, UsageError
from geomgen.models.functional.gradient import loss_and_gradients
from geomgen.models.functional.loss import Targets
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import hessian
from geomgen.models.layers import MAPS, training_mode

SYMMETRIC_WITHIN = 1e-6
"""Largest difference of u^T H v and v^T H u, relative to |u| |H v|, that is rounding."""
TRIED = (2, 3)
"""Numbers of images: an axis that is as long for both is the images'."""


@contextmanager
def users_code(name: str, how: str, flag: str = "--arch") -> Iterator[None]:
    """Say of whatever a user's code raises inside the block, ``sys.exit`` included, that it is theirs.

    Args:
        name: ``MODULE:FACTORY``, or a file.
        how: What it did instead, such as ``failed``.
        flag: The option that names it.

    Raises:
        UsageError: If it raises anything.
        GeomgenError: If it raises one of geomgen's own, which goes on as it is.
    """
    try:
        yield
    except GeomgenError:
        raise
    except (Exception, SystemExit) as error:
        raise UsageError(*failure(name, how, error, flag)) from error


def failure(name: str, how: str, error: BaseException, flag: str = "--arch") -> tuple[str, str]:
    """Return what to say about something that a user's code raised."""
    raised = ": ".join(filter(None, (type(error).__name__, str(error))))
    return f"{flag} {name} {how}: {raised}", "geomgen --debug shows where."


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run a block with the global generators of torch, numpy and Python seeded; they are restored afterwards."""
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002  # what a user's code may draw from
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)
            np.random.set_state(numpy_state)  # noqa: NPY002


class Generators:
    """The global random generators of torch, numpy and Python as they are now, torch's also on a device.

    Args:
        device: Device on which a network is trained.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._device = device
        self._states = self._now()

    def _now(self) -> list[Any]:
        states = [torch.get_rng_state()]
        if self._device != "cpu":
            states.append(torch.get_device_module(self._device).get_rng_state(self._device))
        _, keys, *place = np.random.get_state(legacy=True)  # noqa: NPY002
        return [*(state.numpy().tobytes() for state in states), np.asarray(keys).tobytes(), place, random.getstate()]

    def have_moved(self) -> bool:
        """Return whether anything has been drawn from them since."""
        return self._now() != self._states


class Use(NamedTuple):
    """Shapes of the input and the output of a map, once that it was used; None if it was no tensor."""

    taken: tuple[int, ...] | None
    given: tuple[int, ...] | None


def traced(arch: str, module: nn.Module, input_shape: tuple[int, ...], num_classes: int) -> list[str]:
    """Return the paths of the linear and convolutional maps in the order of their last use.

    Args:
        arch: ``MODULE:FACTORY``.
        module: What the factory returned, with all its parameters.
        input_shape: ``(channels, height, width)`` of one image.
        num_classes: Number of logits.

    Raises:
        UsageError: If it fails, its output is not one logit per image and class, the first axis of a layer is not the
            images, or a parameter is not used.
    """
    names = list[str]()
    for num_images in TRIED:
        images = torch.zeros(num_images, *input_shape)
        uses, logits = _uses(arch, module, images)
        _check_logits(arch, logits, num_images, num_classes)
        names = list(uses)
        for place, name in enumerate(names):
            _check_first_axis(arch, name, [use.given for use in uses[name]], num_images)
            if place:  # the input of the first layer is not measured
                _check_first_axis(arch, name, [use.taken for use in uses[name]], num_images)
    _check_parameters_used(arch, module, images)
    if len(names) < 2:
        raise UsageError(f"--arch {arch} uses {len(names)} linear or convolutional maps.", "It needs two or more.")
    return names


def one_pass(arch: str, module: nn.Module, images: Float32[Tensor, "n channels height width"]) -> object:
    """Return what a module gives for images in evaluation mode; modules that are made at first use are made by it."""
    with users_code(arch, f"failed on images of shape {tuple(images.shape[1:])}"), torch.no_grad():
        return module.eval()(images)


def _uses(arch: str, module: nn.Module, images: Tensor) -> tuple[dict[str, list[Use]], object]:
    """Return every use of each map, and the module's output."""
    paths = {part: path for path, part in module.named_modules()}
    uses: dict[str, list[Use]] = {}

    def use(part: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        earlier = uses.pop(paths[part], [])
        uses[paths[part]] = [*earlier, Use(_shape(inputs[0] if inputs else None), _shape(output))]

    handles = [part.register_forward_hook(use) for part in paths if isinstance(part, MAPS)]
    try:
        return uses, one_pass(arch, module, images)
    finally:
        for handle in handles:
            handle.remove()


def _shape(value: object) -> tuple[int, ...] | None:
    return tuple(value.shape) if isinstance(value, Tensor) else None


def _check_logits(arch: str, logits: object, num_images: int, num_classes: int) -> None:
    if not isinstance(logits, Tensor) or logits.shape != (num_images, num_classes):
        found = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else type(logits).__name__
        raise UsageError(
            f"--arch {arch} gave {found} for {num_images} images of {num_classes} classes.",
            f"Return (n, {num_classes}) logits.",
        )


def _check_first_axis(arch: str, name: str, shapes: list[tuple[int, ...] | None], num_images: int) -> None:
    for shape in shapes:
        if not shape or shape[0] != num_images or shape != shapes[0]:
            found = " and ".join(str(shape) for shape in dict.fromkeys(shapes))
            raise UsageError(
                f"--arch {arch}: with {num_images} images, the input or output of {name} has the shape {found}; its "
                "first axis must be the images.",
                "Keep the images first (batch_first=True), merge no axis with them, and use a map for one shape only.",
            )


def _check_parameters_used(arch: str, module: nn.Module, images: Tensor) -> None:
    parameters = dict(module.named_parameters())
    if not parameters:
        raise UsageError(f"--arch {arch} has no parameters.", "Make the weights that are trained an nn.Parameter each.")
    with users_code(arch, "cannot be differentiated"):
        gradients = torch.autograd.grad(module(images).sum(), list(parameters.values()), allow_unused=True)
    for name, gradient in zip(parameters, gradients, strict=True):
        if gradient is None:
            raise UsageError(f"--arch {arch}: the output does not depend on parameter {name}.", "Leave it out.")


def require_repeatable(arch: str, module: nn.Module, input_shape: tuple[int, ...], num_classes: int) -> None:
    """Refuse a network of which two equal passes of training would differ.

    Raises:
        UsageError: If they do, or draw from a global generator, or fail.
    """
    source, parameters = torch.Generator().manual_seed(0), list(module.parameters())
    images, targets = torch.rand(4, *input_shape, generator=source), torch.arange(4) % num_classes
    passes = []
    with seeded(0):  # so that nobody else's generators move
        generators = Generators()
        for _ in range(2):
            with training_mode(module), users_code(arch, "failed in training mode"):
                loss, gradients = loss_and_gradients(module, images, targets, parameters)
            passes.append([loss, *gradients])
        if generators.have_moved():
            raise UsageError(*unrepeatable(arch))
    if not all(torch.allclose(one, other, 0, 0, equal_nan=True) for one, other in zip(*passes, strict=True)):
        raise UsageError(
            f"--arch {arch} gave two results for the same images and parameters: no run could be repeated.",
            "Let its output depend on images, parameters and buffers alone.",
        )


def require_second_derivatives(
    arch: str, network: NetworkFunction, inputs: Float[Tensor, "n ..."], targets: Targets
) -> None:
    """Refuse a network whose loss torch cannot differentiate twice, or whose second derivatives are not symmetric.

    Args:
        arch: ``MODULE:FACTORY``.
        network: Its function; products with its Hessian are in float64.
        inputs: Images, of which the first pass.
        targets: As the loss takes them.

    Raises:
        UsageError: If it is such a network.
    """
    theta, some, of_some = network.parameters().double(), inputs[: TRIED[0]].double(), targets[: TRIED[0]]
    pair = torch.randn(2, len(theta), generator=torch.Generator().manual_seed(0), dtype=theta.dtype).to(theta)
    with users_code(arch, "cannot be differentiated twice"):
        products = hessian(network, theta, some, of_some)(pair)
    one, other = (pair.flip(0) * products).sum(1)
    if abs(one - other) > SYMMETRIC_WITHIN * pair[0].norm() * products[1].norm():
        raise UsageError(
            f"--arch {arch}: its second derivatives are not symmetric, so that torch differentiates it wrongly.",
            "Write out what has a backward pass of its own, such as a torch.autograd.Function.",
        )


def unrepeatable(arch: str) -> tuple[str, str]:
    """Return what to say about a network that draws while it trains."""
    return (
        f"--arch {arch} draws random numbers while it trains, outside --seed: no run could be repeated.",
        "Leave out dropout and noise, such as F.dropout, torch.randn_like, random.random and "
        "MultiheadAttention(dropout=...), and checks that draw, as those of beartype do.",
    )
