"""The losses that networks are trained and measured with: each is defined only here."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn


@runtime_checkable
class Loss(Protocol):
    """A loss of logits ``(n, d)`` and targets.

    ``reduction`` is ``none`` for one loss per sample, ``(n,)``, or ``sum`` or ``mean`` over samples.
    """

    def __call__(self, logits: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
        """Return the loss, in float32 or the logits' type if that is wider."""


def cross_entropy(logits: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    """Return the cross-entropy in nats.

    Args:
        logits: ``(n, d)``.
        targets: Labels ``(n,)``, int64, or probabilities of the classes ``(n, d)``.
        reduction: See `Loss`.
    """
    wide = _at_least_float32(logits)
    wanted = targets.to(wide.dtype) if targets.is_floating_point() else targets
    return nn.functional.cross_entropy(wide, wanted, reduction=reduction)


def squared_error(logits: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    """Return the squared error, summed over outputs.

    Args:
        logits: ``(n, d)``.
        targets: ``(n, d)``, or labels ``(n,)``, int64, that stand for one-hot vectors.
        reduction: See `Loss`.
    """
    wide = _at_least_float32(logits)
    wanted = targets if targets.is_floating_point() else one_hot(targets, logits.shape[-1], wide.dtype)
    errors = (wide - wanted).square().sum(-1)
    return errors if reduction == "none" else errors.sum() if reduction == "sum" else errors.mean()


def one_hot(labels: Tensor, num_classes: int, dtype: torch.dtype) -> Tensor:
    """Return 1 at each label ``(n,)`` and 0 elsewhere, ``(n, num_classes)``; unlike torch's it also works in vmap."""
    return (labels[..., None] == torch.arange(num_classes, device=labels.device)).to(dtype)


def _at_least_float32(logits: Tensor) -> Tensor:
    return logits if logits.dtype == torch.float64 else logits.float()
