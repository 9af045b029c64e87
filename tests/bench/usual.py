"""The usual way: the training loop of most tutorials, and the log determinant through numpy's SVD."""

import time
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from geomgen.data.dataset import Split
from geomgen.data.load import load_dataset

WARM_UP_STEPS = 10


class MnistImages(Dataset[tuple[Tensor, int]]):
    """MNIST as torchvision serves it: each image through PIL and a transform, whenever it is asked for."""

    def __init__(self, split: Split) -> None:
        self.data, self.targets = split.images[:, 0], split.labels

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return to_tensor(Image.fromarray(self.data[index].numpy())), int(self.targets[index])


def to_tensor(image: Image.Image) -> Tensor:
    """Return a grey image as ``(1, height, width)`` in [0, 1]: the steps of torchvision's ToTensor."""
    pixels = torch.from_numpy(np.array(image, np.uint8, copy=True)).view(image.height, image.width, 1)
    return pixels.permute(2, 0, 1).contiguous().to(torch.get_default_dtype()).div(255)


def build(width: int) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Return 784-width-width-10 and its optimizer as it comes."""
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
    )
    return model, torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)


def epoch_steps(
    model: nn.Module, optimizer: torch.optim.Optimizer, loader: DataLoader[tuple[Tensor, int]]
) -> Iterator[float]:
    """Train for one epoch, yielding the loss of each step."""
    loss_function = nn.CrossEntropyLoss()
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = loss_function(model(images), labels)
        loss.backward()
        optimizer.step()
        yield loss.item()


def accuracy(model: nn.Module, loader: DataLoader[tuple[Tensor, int]]) -> float:
    """Return the fraction of images that are classified as labelled."""
    model.eval()
    correct, total = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (model(images).argmax(1) == labels).sum().item()
            total += len(labels)
    return correct / total


def train_steps(width: int, num_steps: int) -> dict[str, float]:
    """Return the seconds of a step."""
    model, optimizer = build(width)
    loader = DataLoader(MnistImages(load_dataset("mnist").train), batch_size=64, shuffle=True)
    steps = epoch_steps(model, optimizer, loader)
    for _ in range(WARM_UP_STEPS):
        next(steps)
    began = time.perf_counter()
    for _ in range(num_steps):
        next(steps)
    return {"seconds": (time.perf_counter() - began) / num_steps}


def train_epochs(width: int, num_epochs: int, num_train: int) -> dict[str, float]:
    """Return the seconds of an epoch, evaluation on the test images included."""
    dataset = load_dataset("mnist")
    model, optimizer = build(width)
    train_loader = DataLoader(MnistImages(dataset.train.first(num_train)), batch_size=64, shuffle=True)
    test_loader = DataLoader(MnistImages(dataset.test), batch_size=1000)
    began = time.perf_counter()
    for _ in range(num_epochs):
        for _ in epoch_steps(model, optimizer, train_loader):
            pass
        test_accuracy = accuracy(model, test_loader)
    return {"seconds": (time.perf_counter() - began) / num_epochs, "test_accuracy": test_accuracy}


def log_determinant(path: str) -> dict[str, float]:
    """Return the log determinant of activations ``(n, width)`` by the published rule."""
    loaded = np.load(path)
    began = time.perf_counter()
    data = loaded.astype(np.float64)
    _, singular_values, _ = np.linalg.svd(data - data.mean(axis=0), full_matrices=False)
    logs = np.log(singular_values**2)
    log_det = logs[logs > logs[:16].mean() - 8].sum()
    return {"seconds": time.perf_counter() - began, "log_det_nats": float(log_det)}
