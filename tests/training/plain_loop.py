"""The loop that a training must agree with, as anybody would write it."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.numerics.seeds import generator


def train_plainly(
    model: nn.Module, dataset: Dataset, epochs: int, *, batch_size: int = 20, lr: float = 1e-3, sgd: bool = False
) -> list[float]:
    """Train by autograd and AdamW, or plain SGD, as they come, on the batches that seed 0 draws.

    Returns:
        The Euclidean length of each step.
    """
    parameters, lengths = list(model.parameters()), []
    optimizer: torch.optim.Optimizer = torch.optim.AdamW(parameters, lr=lr, weight_decay=0.01, fused=True)
    if sgd:
        optimizer = torch.optim.SGD(parameters, lr=lr, weight_decay=0.01, fused=True)
    for epoch in range(epochs):
        order = torch.randperm(len(dataset.train), generator=generator(0, "batch-order", epoch))
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(
                model(as_float(dataset.train.images[batch])), dataset.train.labels[batch]
            )
            optimizer.zero_grad()
            loss.backward()
            before = [parameter.detach().double() for parameter in parameters]
            optimizer.step()
            squares = [(p.detach() - old).square().sum() for p, old in zip(parameters, before, strict=True)]
            lengths.append(float(torch.stack(squares).sum()) ** 0.5)
    return lengths


def plain_loss(parameters: Mapping[str, Tensor], images: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy of a perceptron with two hidden layers on a batch.

    If it has parameters of batch normalisations, they use the statistics of the batch, as in training.
    """
    hidden = images.flatten(1)
    for name in ("hidden1", "hidden2"):
        hidden = hidden @ parameters[f"{name}.linear.weight"].T + parameters[f"{name}.linear.bias"]
        if f"{name}.batchnorm1d.weight" in parameters:
            hidden = (hidden - hidden.mean(0)) / (hidden.var(0, correction=0) + 1e-5).sqrt()
            hidden = hidden * parameters[f"{name}.batchnorm1d.weight"] + parameters[f"{name}.batchnorm1d.bias"]
        hidden = hidden.clamp(min=0)
    logits = hidden @ parameters["output.linear.weight"].T + parameters["output.linear.bias"]
    return (logits.logsumexp(1) - logits[torch.arange(len(labels)), labels]).mean()
