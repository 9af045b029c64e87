"""A user's own potential: the loss that their file defines, checked before chains run on it."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import torch
from jaxtyping import Float64
from torch import Tensor
from torch.autograd.functional import hvp

from geomgen.config.potential import MOST_DIMENSIONS, PotentialConfig, is_file
from geomgen.errors import UsageError
from geomgen.measures.potentials import POTENTIALS, Loss, Potential
from geomgen.models.code import file_digests, importing, module_of_file
from geomgen.models.trial import users_code

FLAG = "--potential"


def potential_of(config: PotentialConfig) -> Potential:
    """Return the potential that a config names: one of those that are known, or a user's own; the config is filled."""
    name = str(config.potential)
    return own_potential(name) if is_file(name) else POTENTIALS[name](config)


def own_potential(path: str) -> Potential:
    """Return the potential that a user's file defines by ``loss``, ``(K, D)`` float64 to ``(K,)``, and ``centre``.

    Args:
        path: Of the file.

    Raises:
        UsageError: If there is no such file, or it fails or does not define a loss that can be differentiated twice.
    """
    name = module_of_file(Path(path))
    with importing(name):
        with users_code(path, "could not be imported", FLAG):
            module = import_module(name)
        potential = Potential(_own_loss(path, module), _own_centre(path, module))
        _check_own(path, potential)
    return potential


def potential_sha256(path: str) -> dict[str, str]:
    """Return the digests of the files that a user's own potential is made from, by their paths; its code is run.

    Raises:
        UsageError: If it is none.
    """
    own_potential(path)
    return file_digests(module_of_file(Path(path)))


def _own_loss(path: str, module: ModuleType) -> Loss:
    loss = getattr(module, "loss", None)
    if not callable(loss):
        raise UsageError(f"{FLAG} {path} has no function loss.", "Define loss(points), (K, D) to (K,).")

    def guarded(points: Tensor) -> Tensor:
        with users_code(path, f"failed on points of shape {tuple(points.shape)}", FLAG):
            losses = loss(points)
        return _checked(path, points, losses)

    return guarded


def _checked(path: str, points: Tensor, losses: object) -> Tensor:
    """Return what a loss gave, if that is a number per point."""
    if isinstance(losses, Tensor) and (losses.shape, losses.dtype) == (points.shape[:1], points.dtype):
        return losses
    found = f"shape {tuple(losses.shape)} of {losses.dtype}" if isinstance(losses, Tensor) else type(losses).__name__
    raise UsageError(
        f"{FLAG} {path}: loss gave {found} for points of shape {tuple(points.shape)}.",
        "Return (K,) float64 for points of (K, D).",
    )


def _own_centre(path: str, module: ModuleType) -> Float64[Tensor, " D"]:
    with users_code(path, "has no centre of numbers", FLAG):
        centre = torch.as_tensor(module.centre, dtype=torch.float64)
    if centre.dim() != 1 or not 1 <= len(centre) <= MOST_DIMENSIONS or not centre.isfinite().all():
        raise UsageError(
            f"{FLAG} {path}: centre is not a vector of 1 to {MOST_DIMENSIONS:,} finite numbers: its shape is "
            f"{tuple(centre.shape)}.",
            "Give the minimum at which the chains begin.",
        )
    return centre


def _check_own(path: str, potential: Potential) -> None:
    """Refuse a loss that chains cannot run on: other than one finite number per point, or without derivatives."""
    centre = potential.centre
    for count in (1, len(centre) + 1):
        points = centre.expand(count, -1).clone()
        losses, again = potential.loss(points), potential.loss(points)
        if not losses.isfinite().all():
            raise UsageError(f"{FLAG} {path}: the loss at the centre is {float(losses[0])}.", "Choose another centre.")
        if not torch.equal(losses, again):
            raise UsageError(f"{FLAG} {path}: the loss of a point is another each time.", "Leave out what is random.")
    with users_code(path, "cannot be differentiated twice", FLAG):
        potential.loss_and_gradient(points)
        hvp(lambda point: potential.loss(point[None])[0], centre, torch.ones_like(centre))
