"""Loss and accuracy of a network on a set of images."""

from typing import NamedTuple

import torch
from torch import nn

from geomgen.config.procedure import CROSS_ENTROPY
from geomgen.data.dataset import Split
from geomgen.data.transforms import as_float
from geomgen.models.functional.loss import Loss, cross_entropy
from geomgen.models.layers import EVALUATION_BATCH_SIZE


class Evaluation(NamedTuple):
    """Mean loss, and the fraction of images whose largest logit is the label's."""

    loss: float
    accuracy: float


@torch.no_grad()
def evaluate(model: nn.Module, split: Split, loss: Loss = cross_entropy) -> Evaluation:
    """Return loss and accuracy of a network on all of a split.

    Args:
        model: Maps ``(n, channels, height, width)`` of its parameters' type to logits.
        split: Images and labels, on any device.
        loss: Loss of logits and labels.
    """
    total, correct = 0.0, 0
    parameter = next(model.parameters())
    batches = zip(split.images.split(EVALUATION_BATCH_SIZE), split.labels.split(EVALUATION_BATCH_SIZE), strict=True)
    for images, labels in batches:
        logits = model(as_float(images.to(parameter.device)).to(parameter.dtype)).float()
        target = labels.to(parameter.device)
        total += float(loss(logits, target, "sum"))
        correct += int((logits.argmax(1) == target).sum())
    return Evaluation(total / len(split), correct / len(split))


def in_its_unit(value: float, loss: str) -> tuple[float | None, float | None]:
    """Return the value of a loss in nats and as a squared error; None for the one that it is not.

    Args:
        value: Of the loss.
        loss: The loss, as an option names it.
    """
    return (value, None) if loss == CROSS_ENTROPY else (None, value)
