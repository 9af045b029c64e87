"""A user's own network: what a factory in their module returns, with its layers named by their module path."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geomgen.config.architecture import NetworkConfig
from geomgen.errors import UsageError
from geomgen.models.code import file_digests, importing, require_module
from geomgen.models.layers import Layer, Network, Part

MAPS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
OPTIONS = ("width", "depth")


class CustomModule(Part):
    """A user's module. Its layers are its linear and convolutional maps, in the order of their last use.

    Args:
        module: The module.
        names: Module path of each layer, from input to output.
    """

    def __init__(self, module: nn.Module, names: list[str]) -> None:
        super().__init__()
        self.module = module
        self.names = names

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n classes"]:
        """Return what the module returns."""
        logits: Tensor = self.module(images)
        return logits

    def layers(self, name: str) -> list[Layer]:
        """Return the maps; the output of each is the input of the next."""
        maps = [self.module.get_submodule(path) for path in self.names]
        return [
            Layer(path, module, module, receiver)
            for path, module, receiver in zip(self.names, maps, [*maps[1:], None], strict=True)
        ]


def custom_network(config: NetworkConfig, input_shape: tuple[int, ...], num_classes: int, *, seed: int = 0) -> Network:
    """Call the factory that a config names, and check that what it returns can be trained and measured.

    The factory may draw from the global RNG, which is seeded for the call and restored afterwards.

    Args:
        config: Its ``arch`` is ``MODULE:FACTORY``; ``width`` and ``depth`` go to a factory that takes them by name.
        input_shape: ``(channels, height, width)`` of one image.
        num_classes: Number of logits.
        seed: Seed of what the factory draws.

    Returns:
        The network, with the parameters that the factory gave it.

    Raises:
        UsageError: If there is no such factory, it fails, or its network does not fit.
    """
    with importing(config.arch.partition(":")[0]):
        factory = _factory(config.arch)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = _called(config, factory, input_shape, num_classes)
        _check_parameters(config.arch, module)
        if config.trains:
            _check_draws(config.arch, module)
        names = _traced(config.arch, module, input_shape, num_classes)
    width = int(module.get_submodule(names[-2]).weight.shape[0])  # type: ignore[index]
    if config.width not in {None, width}:
        raise UsageError(f"--width {config.width} is not the width of --arch {config.arch}: {width}.", "Leave it out.")
    return Network({"own": CustomModule(module, names)}, width).eval()


def code_sha256(config: NetworkConfig, input_shape: tuple[int, ...], num_classes: int) -> dict[str, str]:
    """Return the digests of the files that a user's own network is made from, by their paths; its code is run.

    Raises:
        UsageError: If the network cannot be built.
    """
    custom_network(config, input_shape, num_classes)
    return file_digests(config.arch.partition(":")[0])


def _factory(arch: str) -> Callable[..., Any]:
    require_module(arch)
    name, _, factory_name = arch.partition(":")
    try:
        module = importlib.import_module(name)
    except Exception as error:  # whatever the user's code raises
        raise _failed(arch, "could not be imported", error) from error
    factory = getattr(module, factory_name, None)
    if not callable(factory):
        raise UsageError(f"--arch {arch}: {name} has no function {factory_name}.", "Name a function that it has.")
    return factory  # type: ignore[no-any-return]


def _called(
    config: NetworkConfig, factory: Callable[..., Any], input_shape: tuple[int, ...], num_classes: int
) -> nn.Module:
    taken = inspect.signature(factory).parameters
    given = {name: getattr(config, name) for name in OPTIONS if getattr(config, name) is not None}
    if "depth" in given and "depth" not in taken:
        raise UsageError(f"--depth does not apply to --arch {config.arch}: its factory takes none.", "Leave it out.")
    try:
        module = factory(input_shape, num_classes, **{name: size for name, size in given.items() if name in taken})
    except Exception as error:  # whatever the user's code raises
        raise _failed(config.arch, "failed", error) from error
    if not isinstance(module, nn.Module):
        raise UsageError(
            f"--arch {config.arch} returned {type(module).__name__}, not a torch.nn.Module.",
            "Return a torch.nn.Module.",
        )
    return module


def _check_parameters(arch: str, module: nn.Module) -> None:
    """Refuse networks that could not be trained, or whose parameters are not one vector."""
    for name, parameter in module.named_parameters():
        if parameter.dtype != torch.float32 or not parameter.requires_grad or parameter.device.type != "cpu":
            raise UsageError(
                f"--arch {arch}: parameter {name} is not a trainable float32 tensor on the CPU.",
                "Make it a trainable float32 tensor on the CPU.",
            )
    if len(list(module.named_parameters(remove_duplicate=False))) > len(list(module.parameters())):
        raise UsageError(f"--arch {arch} uses a parameter in two places.", "Give each place its own.")


def _check_draws(arch: str, module: nn.Module) -> None:
    """Refuse networks that could not be trained twice to the same bits; dropout does nothing once training is over."""
    for name, part in module.named_modules():
        if isinstance(part, DROPOUTS) and part.p > 0:
            raise UsageError(
                f"--arch {arch}: {name} is {type(part).__name__}, whose random draws could not be repeated.",
                "Leave it out.",
            )


def _traced(arch: str, module: nn.Module, input_shape: tuple[int, ...], num_classes: int) -> list[str]:
    """Return the paths of the maps in the order of their last use, after a trial run on two blank images."""
    images, paths = torch.zeros(2, *input_shape), {part: path for path, part in module.named_modules()}
    used: dict[str, None] = {}

    def use(part: nn.Module, _inputs: object, _output: object) -> None:
        used.pop(paths[part], None)
        used[paths[part]] = None

    handles = [part.register_forward_hook(use) for part in paths if isinstance(part, MAPS)]
    try:
        with torch.no_grad():
            logits = module.eval()(images)
    except Exception as error:  # whatever the user's code raises
        raise _failed(arch, f"failed on images of shape {input_shape}", error) from error
    finally:
        for handle in handles:
            handle.remove()
    _check_logits(arch, logits, num_classes)
    _check_used(arch, module, images)
    if len(used) < 2:
        raise UsageError(f"--arch {arch} uses {len(used)} linear or convolutional maps.", "It needs two or more.")
    return list(used)


def _check_logits(arch: str, logits: object, num_classes: int) -> None:
    if not isinstance(logits, Tensor) or logits.shape != (2, num_classes):
        found = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else type(logits).__name__
        raise UsageError(
            f"--arch {arch} gave {found} for 2 images of {num_classes} classes.", f"Return (n, {num_classes}) logits."
        )


def _check_used(arch: str, module: nn.Module, images: Tensor) -> None:
    names, parameters = zip(*module.named_parameters(), strict=True)
    gradients = torch.autograd.grad(module(images).sum(), parameters, allow_unused=True)
    for name, gradient in zip(names, gradients, strict=True):
        if gradient is None:
            raise UsageError(f"--arch {arch}: the output does not depend on parameter {name}.", "Leave it out.")


def _failed(arch: str, how: str, error: Exception) -> UsageError:
    return UsageError(f"--arch {arch} {how}: {type(error).__name__}: {error}", "geomgen --debug shows where.")
