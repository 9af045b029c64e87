"""The loop that a training must agree with, as anybody would write it."""

import torch
from torch import nn

from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.numerics.seeds import generator


def train_plainly(model: nn.Module, dataset: Dataset, epochs: int) -> None:
    """Train by autograd and AdamW as it comes, on the batches of 20 that seed 0 draws."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    for epoch in range(epochs):
        order = torch.randperm(len(dataset.train), generator=generator(0, "batch-order", epoch))
        for batch in order.split(20):
            loss = nn.functional.cross_entropy(
                model(as_float(dataset.train.images[batch])), dataset.train.labels[batch]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
