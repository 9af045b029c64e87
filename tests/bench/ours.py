"""geomgen's way: the same work through its public parts, as its commands do it."""

import time

import numpy as np
import torch

from geomgen.config.posterior import PosteriorConfig
from geomgen.config.regress import RffConfig
from geomgen.config.sample import SampleConfig
from geomgen.config.train import TrainConfig
from geomgen.data.boolean import boolean_inputs
from geomgen.data.dataset import Dataset
from geomgen.data.load import load_dataset
from geomgen.data.targets import target_of
from geomgen.experiments.regress import classes_as_targets
from geomgen.measures import log_determinant as measure
from geomgen.measures.activations import activations, chosen_layers
from geomgen.measures.functions import functions
from geomgen.measures.regression.random_features import random_features
from geomgen.measures.similarity import similarities
from geomgen.models.build import build_model
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator
from geomgen.progress import silent
from geomgen.training.ensemble import Ensemble
from geomgen.training.loop import Trainer
from geomgen.training.precision import fast_float32
from geomgen.training.tracking import Tracker


def train_steps(width: int, num_steps: int, precision: str = "fp32") -> dict[str, float]:
    """Return the seconds of a step, every tenth of them measured; warmed up until the first measured one."""
    with fast_float32(torch.get_num_threads()):
        trainer = _trainer(TrainConfig(width=width, precision=precision), load_dataset("mnist"))
        records = trainer.run()
        next(records)
        began, first = time.perf_counter(), trainer.progress.step
        while trainer.progress.step < first + num_steps:
            next(records)
    return {"seconds": (time.perf_counter() - began) / (trainer.progress.step - first)}


def train_epochs(width: int, num_epochs: int, num_train: int, track: str | None = None) -> dict[str, float]:
    """Return the seconds of an epoch, evaluation and what is tracked included."""
    whole = load_dataset("mnist")
    dataset = Dataset(whole.name, whole.train.first(num_train), whole.test, whole.num_classes)
    with fast_float32(torch.get_num_threads()):
        config = TrainConfig(width=width, epochs=num_epochs, track=None if track is None else (track,))
        trainer = _trainer(config, dataset)
        tracker = Tracker(trainer)
        began = time.perf_counter()
        tracker.look()
        for _ in trainer.run():
            tracker.look()
    seconds = (time.perf_counter() - began) / num_epochs
    return {"seconds": seconds, "test_accuracy": trainer.progress.rows[-1].test_accuracy}


def _trainer(config: TrainConfig, dataset: Dataset) -> Trainer:
    config = config.resolved(device="cpu", threads=torch.get_num_threads())
    return Trainer(
        config,
        build_model(config, dataset.input_shape, dataset.num_classes, generator(0, "initial-parameters")),
        dataset,
    )


def save_activations(path: str, width: int, num_images: int) -> dict[str, float]:
    """Write the activations of an untrained network on test images, ``(num_images, width)`` float32."""
    began = time.perf_counter()
    dataset = load_dataset("mnist")
    config = TrainConfig(width=width).resolved(device="cpu", threads=torch.get_num_threads())
    model = build_model(config, dataset.input_shape, dataset.num_classes, generator(0, "initial-parameters"))
    taken = activations(model, chosen_layers(model, ["penultimate"]), "pre", dataset.test.images[:num_images])
    for data in taken.values():
        np.save(path, data.numpy())
    return {"seconds": time.perf_counter() - began}


def log_determinant(path: str) -> dict[str, float]:
    """Return the log determinant of activations ``(n, width)`` by the published rule."""
    data = torch.from_numpy(np.load(path))
    with fast_float32(torch.get_num_threads()):
        began = time.perf_counter()
        log_det, _ = measure.log_determinant(measure.spectrum(data), "relative")
    return {"seconds": time.perf_counter() - began, "log_det_nats": log_det}


def similarity(path: str) -> dict[str, float]:
    """Return moments of cosine and distance over all pairs of activations ``(n, width)``."""
    data = torch.from_numpy(np.load(path))
    with fast_float32(torch.get_num_threads()):
        began = time.perf_counter()
        found = similarities(data, ["cosine", "l2"], bins=200)
    seconds = time.perf_counter() - began
    means, stds = ({f"{one.metric}_{name}": getattr(one, name) for one in found} for name in ("mean", "std"))
    return {"seconds": seconds, **means, **stds}


def load_mnist() -> dict[str, float]:
    """Return the seconds of loading the bundled data set."""
    began = time.perf_counter()
    load_dataset("mnist")
    return {"seconds": time.perf_counter() - began}


def rff_sweep(num_samples: int, counts: list[int], num_test: int) -> dict[str, float]:
    """Return the seconds of fitting random Fourier features of MNIST at every count, and the last test error."""
    config = RffConfig(samples=num_samples, test_samples=num_test, features=tuple(counts))
    dataset = load_dataset("mnist")
    began = time.perf_counter()
    with fast_float32(torch.get_num_threads()):
        rows = random_features(config, *classes_as_targets(config, dataset), True, silent)
    return {"seconds": time.perf_counter() - began, "test_error": rows[-1].test_error}


def random_functions(num_networks: int) -> dict[str, float]:
    """Return the seconds per network of drawing networks and counting their functions, their tables included."""
    config = SampleConfig(draws=num_networks, threads=torch.get_num_threads()).filled()
    networks = RandomNetworks(boolean_inputs(7), config)
    began = time.perf_counter()
    with fast_float32(1):
        functions(networks, config, silent)
    return {"seconds": (time.perf_counter() - began) / num_networks}


def train_networks(num_networks: int) -> dict[str, float]:
    """Return the seconds of training networks by Adam until they fit the majority of 7 bits at 32 inputs."""
    config = PosteriorConfig(
        train_size=32, networks=num_networks, optimizer="adam", lr=0.01, threads=torch.get_num_threads()
    ).filled()
    target = target_of(config, generator(config.seed, "target"))
    ensemble = Ensemble(RandomNetworks(target.inputs, config), target.values, target.known, config)
    began = time.perf_counter()
    with fast_float32(1):
        trained = ensemble.train(silent)
    return {"seconds": time.perf_counter() - began, "fitted": float(len(trained.fitted))}
