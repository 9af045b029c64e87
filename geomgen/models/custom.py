"""A user's own network: what a factory in their module returns, with its layers named by their module path."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geomgen.config.architecture import InitialisationConfig, NetworkConfig
from geomgen.errors import UsageError
from geomgen.models.code import file_digests, importing, require_module
from geomgen.models.initial import require_redrawable
from geomgen.models.layers import Layer, Network, Part
from geomgen.models.trial import TRIED, failure, one_pass, require_repeatable, seeded, traced, users_code

DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
OPTIONS = ("width", "depth")


class CustomModule(Part):
    """A user's module. Its layers are its linear and convolutional maps, in the order of their last use.

    Args:
        module: The module.
        names: Module path of each layer, from input to output.
        arch: ``MODULE:FACTORY``.
    """

    def __init__(self, module: nn.Module, names: list[str], arch: str) -> None:
        super().__init__()
        self.module = module
        self.names, self.arch = names, arch

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n classes"]:
        """Return what the module returns.

        Raises:
            UsageError: If it raises.
        """
        try:
            logits: Tensor = self.module(images)
        except (Exception, SystemExit) as error:
            raise UsageError(*failure(self.arch, f"failed on {tuple(images.shape)} images", error)) from error
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

    The factory may draw from the global generators of torch, numpy and Python, which are seeded for the call and a
    first pass, in which lazy modules get their parameters, and restored afterwards.

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
        with seeded(seed):
            module = _called(config, factory, input_shape, num_classes)
            _check_parameters(config.arch, module)
            if config.trains:
                _check_draws(config.arch, module)
            one_pass(config.arch, module, torch.zeros(TRIED[0], *input_shape))
            _check_parameters(config.arch, module)  # those made at first use are among them now
            names = traced(config.arch, module, input_shape, num_classes)
    width = int(module.get_submodule(names[-2]).weight.shape[0])  # type: ignore[index]
    if config.width not in {None, width}:
        raise UsageError(f"--width {config.width} is not the width of --arch {config.arch}: {width}.", "Leave it out.")
    return Network({"own": CustomModule(module, names, config.arch)}, width).eval()


def code_sha256(config: NetworkConfig, input_shape: tuple[int, ...], num_classes: int) -> dict[str, str]:
    """Return the digests of the files that a user's own network is made from, by their paths.

    Its code is run, to see whether equal requests give equal networks and, if they are to be trained, equal trainings.

    Raises:
        UsageError: If they do not, the network cannot be built, or its initialisation scheme does not apply to it.
    """
    first, again = (custom_network(config, input_shape, num_classes) for _ in range(2))
    for (name, tensor), other in zip(first.state_dict().items(), again.state_dict().values(), strict=True):
        if not torch.equal(tensor, other):
            raise UsageError(
                f"--arch {config.arch} makes another {name.partition('.module.')[2]} each time, from the same seed.",
                "Draw from torch's, numpy's or Python's global generator: they are seeded for the factory.",
            )
    if isinstance(config, InitialisationConfig):
        require_redrawable(config.arch, again, config.init)
    if config.trains:
        require_repeatable(config.arch, again, input_shape, num_classes)
    return file_digests(config.arch.partition(":")[0])


def _factory(arch: str) -> Callable[..., Any]:
    require_module(arch)
    name, _, factory_name = arch.partition(":")
    with users_code(arch, "could not be imported"):
        module = importlib.import_module(name)
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
    with users_code(config.arch, "failed"):
        module = factory(input_shape, num_classes, **{name: size for name, size in given.items() if name in taken})
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
