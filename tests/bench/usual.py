"""The usual way: the training loop of most tutorials, numpy's SVD, and all pairs in one matrix."""

import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from geomgen.data.dataset import Split
from geomgen.data.load import load_dataset

WARM_UP_STEPS = 10
RFF_BANDWIDTH = 5.0


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


def similarity(path: str) -> dict[str, float]:
    """Return moments of cosine and distance over all pairs of activations ``(n, width)``, from n x n matrices."""
    data = torch.from_numpy(np.load(path))
    began = time.perf_counter()
    above = torch.ones(len(data), len(data), dtype=torch.bool).triu(1)
    units = nn.functional.normalize(data)
    cosines = (units @ units.T)[above].numpy()
    distances = torch.cdist(data, data)[above].numpy()
    distances /= np.sqrt(np.mean(distances**2))
    found: dict[str, float] = {}
    for name, values, limits in (("cosine", cosines, (-1, 1)), ("l2", distances, (0, 3))):
        np.histogram(values, bins=200, range=limits)
        np.quantile(values, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
        found |= {f"{name}_mean": float(values.mean()), f"{name}_std": float(values.std())}
    return {"seconds": time.perf_counter() - began, **found}


def rff_sweep(num_samples: int, counts: list[int], num_test: int) -> dict[str, float]:
    """Return the seconds of fitting random Fourier features of MNIST at every count with scikit-learn."""
    from sklearn.kernel_approximation import RBFSampler
    from sklearn.linear_model import Ridge

    dataset = load_dataset("mnist")
    began = time.perf_counter()
    train, test = dataset.train.first(num_samples), dataset.test.first(num_test)
    inputs, test_inputs = (split.images.flatten(1).numpy() / 255.0 for split in (train, test))
    targets, test_targets = (np.eye(dataset.num_classes)[split.labels.numpy()] for split in (train, test))
    for count in counts:
        sampler = RBFSampler(gamma=1 / (2 * RFF_BANDWIDTH**2), n_components=count, random_state=0).fit(inputs)
        model = Ridge(alpha=1e-12).fit(sampler.transform(inputs), targets)
        fitted, predicted = (model.predict(sampler.transform(part)) for part in (inputs, test_inputs))
        errors = [((fit - wanted) ** 2).sum(1).mean() for fit, wanted in ((fitted, targets), (predicted, test_targets))]
    return {"seconds": time.perf_counter() - began, "test_error": float(errors[-1])}


@torch.no_grad()
def random_functions(num_networks: int) -> dict[str, float]:
    """Return the seconds per network of a tenth as many modules, one by one, and of counting their functions."""
    inputs = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 7)
    began, counts = time.perf_counter(), Counter[bytes]()
    for _ in range(num_networks // 10):
        model = nn.Sequential(nn.Linear(7, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))
        for layer in model.modules():
            if not isinstance(layer, nn.Linear):
                continue
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
            nn.init.zeros_(layer.bias)
        counts[(model(inputs)[:, 0] > 0).numpy().tobytes()] += 1
    return {"seconds": 10 * (time.perf_counter() - began) / num_networks}
