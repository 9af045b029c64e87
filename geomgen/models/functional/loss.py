"""The losses that networks are trained and measured with: each is defined only here."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from geomgen.config.procedure import CROSS_ENTROPY, MSE

Targets = Int64[Tensor, " n"] | Float[Tensor, "n d"]
"""Labels of n samples, or a number for each of their d logits."""

Reduced = Float[Tensor, " n"] | Float[Tensor, ""]
"""One loss a sample, or their sum or mean."""


@runtime_checkable
class Loss(Protocol):
    """A loss of logits and targets.

    ``reduction`` is ``none`` for one loss per sample, ``(n,)``, or ``sum`` or ``mean`` over samples.
    """

    def __call__(self, logits: Float[Tensor, "n d"], targets: Targets, reduction: str = "mean") -> Reduced:
        """Return the loss, in float32 or the logits' type if that is wider."""


def cross_entropy(logits: Float[Tensor, "n d"], targets: Targets, reduction: str = "mean") -> Reduced:
    """Return the cross-entropy in nats.

    Args:
        logits: Of n samples.
        targets: Labels, or probabilities of the classes.
        reduction: See `Loss`.
    """
    wide = _at_least_float32(logits)
    wanted = targets.to(wide.dtype) if targets.is_floating_point() else targets
    return nn.functional.cross_entropy(wide, wanted, reduction=reduction)


def squared_error(logits: Float[Tensor, "n d"], targets: Targets, reduction: str = "mean") -> Reduced:
    """Return the squared error, summed over outputs.

    Args:
        logits: Of n samples.
        targets: Numbers, or labels that stand for one-hot vectors.
        reduction: See `Loss`.
    """
    wide = _at_least_float32(logits)
    wanted = targets if targets.is_floating_point() else one_hot(targets, logits.shape[-1], wide.dtype)
    errors = (wide - wanted).square().sum(-1)
    return errors if reduction == "none" else errors.sum() if reduction == "sum" else errors.mean()


LOSSES: Mapping[str, Loss] = {CROSS_ENTROPY: cross_entropy, MSE: squared_error}
"""By the names that options give them."""


def losses_of_sets(
    loss: Loss, logits: Float[Tensor, "K n d"], targets: Int64[Tensor, "K n"] | Float[Tensor, "K n d"]
) -> Float[Tensor, "K n"]:
    """Return the loss of each sample of K sets.

    torch's cross-entropy is several times faster with the classes before the samples where they are few.

    Args:
        loss: Of logits and targets.
        logits: Of n samples a set.
        targets: As the loss takes them.
    """
    if loss is cross_entropy and not targets.is_floating_point():
        return nn.functional.cross_entropy(_at_least_float32(logits).mT, targets, reduction="none")
    return loss(logits.flatten(0, 1), targets.flatten(0, 1), "none").view(logits.shape[:2])


def one_hot(labels: Int64[Tensor, " n"], num_classes: int, dtype: torch.dtype) -> Float[Tensor, "n {num_classes}"]:
    """Return 1 at each label and 0 elsewhere; unlike torch's it also works in vmap."""
    return (labels[..., None] == torch.arange(num_classes, device=labels.device)).to(dtype)


def _at_least_float32(logits: Tensor) -> Tensor:
    return logits if logits.dtype == torch.float64 else logits.float()
