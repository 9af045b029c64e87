"""Loss and accuracy of a network on a set of images."""

from typing import NamedTuple

import torch
from torch import nn

from geomgen.data.dataset import Split
from geomgen.data.transforms import as_float
from geomgen.models.functional.loss import cross_entropy
from geomgen.models.layers import EVALUATION_BATCH_SIZE


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
    batches = zip(split.images.split(EVALUATION_BATCH_SIZE), split.labels.split(EVALUATION_BATCH_SIZE), strict=True)
    for images, labels in batches:
        logits = model(as_float(images.to(parameter.device)).to(parameter.dtype)).float()
        target = labels.to(parameter.device)
        loss += float(cross_entropy(logits, target, "sum"))
        correct += int((logits.argmax(1) == target).sum())
    return Evaluation(loss / len(split), correct / len(split))
