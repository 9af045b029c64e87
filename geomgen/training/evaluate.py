"""Loss and accuracy of a network on a set of images."""

from typing import NamedTuple

import torch
from torch import nn

from geomgen.data.dataset import Split
from geomgen.data.transforms import as_float

BATCH_SIZE = 1000


class Evaluation(NamedTuple):
    """Mean cross-entropy in nats, and the fraction of images whose largest logit is the label's."""

    loss_nats: float
    accuracy: float


@torch.no_grad()
def evaluate(model: nn.Module, split: Split) -> Evaluation:
    """Return loss and accuracy of a network on all of a split.

    Args:
        model: Maps ``(n, channels, height, width)`` of its parameters' type to logits.
        split: Images and labels, on any device.
    """
    loss, correct = 0.0, 0
    parameter = next(model.parameters())
    for images, labels in zip(split.images.split(BATCH_SIZE), split.labels.split(BATCH_SIZE), strict=True):
        logits = model(as_float(images.to(parameter.device)).to(parameter.dtype)).float()
        target = labels.to(parameter.device)
        loss += float(nn.functional.cross_entropy(logits, target, reduction="sum"))
        correct += int((logits.argmax(1) == target).sum())
    return Evaluation(loss / len(split), correct / len(split))
