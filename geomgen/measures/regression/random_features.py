r"""Random Fourier features, fitted by least squares: errors and norms as the features come to outnumber the samples.

z_j(x) = sqrt(2) cos(w_j . x + b_j), w_j ~ N(0, I / bandwidth^2), b_j uniform on [0, 2 pi): the mean of z(x) z(x') over
many features is exp(-|x - x'|^2 / (2 bandwidth^2)). Targets are centred on their training mean. The norm of a solution
is that of the weights of z / sqrt(p), which tends to the norm in the kernel's Hilbert space.

Source:
    Rahimi and Recht (2007), Random features for large-scale kernel machines; Belkin, Hsu, Ma and Mandal (2019),
    Reconciling modern machine-learning practice and the classical bias-variance trade-off.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float32, Float64
from torch import Tensor

from geomgen.config.regress import RffConfig
from geomgen.errors import UsageError
from geomgen.measures.regression.draws import mean_and_stderr
from geomgen.numerics.gram import add_gram
from geomgen.numerics.nested_least_squares import Orthogonal, Solution, regularised
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.regression import RffRow

BLOCK = 512
NUM_FOR_BANDWIDTH = 1000
SYNTHETIC_DIM = 10
SYNTHETIC_TERMS = 500


@dataclass(frozen=True)
class Samples:
    """Inputs, and their targets: numbers, or one-hot classes."""

    inputs: Float32[Tensor, "n dim"]
    targets: Float64[Tensor, "n d"]

    def __len__(self) -> int:
        return len(self.inputs)

    def to(self, device: str) -> "Samples":
        """Return the same on a device."""
        return Samples(self.inputs.to(device), self.targets.to(device))


class _Fit(NamedTuple):
    """A fit as its weights ``(p, d)``, or as the dual ``(n, d)`` that they are computed from: w = Z_p^T dual."""

    features: int
    ridge: float
    solution: Solution
    is_dual: bool


def random_features(
    config: RffConfig, train: Samples, test: Samples, has_classes: bool, progress: OnProgress
) -> list[RffRow]:
    """Return the fit of every number of features and ridge, fewest features first.

    All share one QR factorisation (p <= n) or one growing kernel matrix (p > n). The features are streamed twice in
    blocks, once to fit and once to predict, so that memory grows with n^2 and not with n p.

    Args:
        config: Options.
        train: The samples that are fitted.
        test: The samples for testing.
        has_classes: Whether targets are one-hot classes.
        progress: Called after every block of features.
    """
    bandwidth = config.bandwidth or half_median_distance(train.inputs)
    train, test = train.to(config.device), test.to(config.device)
    features = _Features(config, bandwidth, train.inputs.shape[1], progress)
    mean = train.targets.mean(0)
    fits = _fitted(features, train.inputs, train.targets - mean, config.ridge)
    predicted = _predicted(features, fits, train, test)
    rows = []
    for index, fit in enumerate(fits):
        outputs = slice(index * len(mean), (index + 1) * len(mean))
        fitted, tested = (part[outputs].T + mean for part in (predicted.train, predicted.test))
        norm = math.sqrt(fit.features * float(predicted.squared_weights[index]))
        rows.append(_row(fit, _errors(fitted, train, has_classes), _errors(tested, test, has_classes), norm, bandwidth))
    return rows


def needed_bytes(config: RffConfig, num_test: int, dim: int, outputs: int) -> int:
    """Return the memory at the peak: inputs, factors or kernel with work space, blocks of features, weights."""
    num_train = config.samples
    small = max((count for count in config.features if count <= num_train), default=0)
    has_large = max(config.features) > num_train
    factors = 8 * num_train * (2 * small + num_train * (3 if has_large and not small else 1 if has_large else 0))
    blocks = (num_train + num_test) * (4 * dim + BLOCK * 24)
    num_fits = len(config.features) * len(config.ridge)
    return factors + blocks + 8 * num_fits * outputs * (2 * num_train + num_test + 2 * small + BLOCK)


def half_median_distance(inputs: Float32[Tensor, "n dim"]) -> float:
    """Return half the median distance between the first inputs: on MNIST about 5, the published bandwidth.

    Raises:
        UsageError: If it is 0, as most of them are equal.
    """
    if len(inputs) == 1:
        return 1.0
    distance = float(torch.pdist(inputs[:NUM_FOR_BANDWIDTH]).median())
    if not distance:
        raise UsageError("Most training inputs are equal, so that their median distance is 0.", "Give --bandwidth.")
    return 0.5 * distance


def synthetic(config: RffConfig) -> tuple[Samples, Samples]:
    """Return training and test samples of a random smooth function of 10 standard normal inputs.

    f(x) = sqrt(2/500) sum of 500 cos(w . x + b), w ~ N(0, I/10), of variance about 1; training targets have noise.
    """
    source = generator(config.seed, "regress-rff/synthetic")
    frequencies = torch.randn(SYNTHETIC_DIM, SYNTHETIC_TERMS, generator=source) / math.sqrt(SYNTHETIC_DIM)
    phases = 2 * math.pi * torch.rand(SYNTHETIC_TERMS, generator=source)
    splits = []
    for size, noise in ((config.samples, config.noise_variance), (config.test_samples, 0.0)):
        inputs = torch.randn(size, SYNTHETIC_DIM, generator=source)
        values = _values(inputs, frequencies, phases).sum(1, keepdim=True) / math.sqrt(SYNTHETIC_TERMS)
        errors = torch.randn(size, 1, generator=source, dtype=torch.float64)
        splits.append(Samples(inputs, values + math.sqrt(noise) * errors))
    return splits[0], splits[1]


class _Piece(NamedTuple):
    """Features ``start`` to ``stop``."""

    start: int
    stop: int
    frequencies: Float32[Tensor, "dim k"]
    phases: Float32[Tensor, " k"]

    def values(self, inputs: Float32[Tensor, "n dim"]) -> Float64[Tensor, "n k"]:
        """Return the features of inputs."""
        return _values(inputs, self.frequencies, self.phases)


def _values(inputs: Tensor, frequencies: Tensor, phases: Tensor) -> Tensor:
    """Return sqrt(2) cos(x . w + b): float64 of a float32 cosine, which is the feature by definition."""
    return torch.addmm(phases, inputs, frequencies).cos_().double().mul_(math.sqrt(2))


class _Features:
    """The features in pieces, cut wherever a fit ends; a larger set of features begins with all of a smaller one."""

    def __init__(self, config: RffConfig, bandwidth: float, dim: int, progress: OnProgress) -> None:
        self.seed, self.device, self.counts = config.seed, config.device, sorted(config.features)
        self.bandwidth, self.dim, self.progress = bandwidth, dim, progress
        edges = {*range(0, self.counts[-1], BLOCK), *self.counts}
        self.spans = list(pairwise(sorted(edges)))

    def pieces(self, passes_before: int) -> Iterator[_Piece]:
        """Yield the pieces in order, and report the progress of this and earlier passes."""
        for done, (start, stop) in enumerate(self.spans, 1 + passes_before * len(self.spans)):
            block, first = divmod(start, BLOCK)
            if first == 0:
                frequencies, phases = self._block(block)
            inside = slice(first, first + stop - start)
            yield _Piece(start, stop, frequencies[:, inside], phases[inside])
            self.progress(done, 2 * len(self.spans), f"{stop} features")

    def _block(self, index: int) -> tuple[Tensor, Tensor]:
        source = generator(self.seed, "regress-rff/features", index)
        frequencies = torch.randn(self.dim, BLOCK, generator=source) / self.bandwidth
        phases = 2 * math.pi * torch.rand(BLOCK, generator=source)
        return frequencies.to(self.device), phases.to(self.device)


def _fitted(features: _Features, inputs: Tensor, targets: Tensor, ridges: Sequence[float]) -> list[_Fit]:
    """Return all fits in the order of their features."""
    num_samples = len(inputs)
    small = [count for count in features.counts if count <= num_samples]
    is_large = features.counts[-1] > num_samples
    collected = targets.new_empty(num_samples, small[-1] if small else 0)
    kernel = targets.new_zeros(num_samples, num_samples) if is_large else None
    fits: list[_Fit] = []
    for piece in features.pieces(0):
        values = piece.values(inputs)
        if kernel is not None:
            add_gram(kernel, values)
        if piece.stop <= collected.shape[1]:
            collected[:, piece.start : piece.stop] = values
            if piece.stop == collected.shape[1]:
                fits += _small_fits(collected, targets, small, ridges)
                collected = collected[:, :0].clone()
        elif piece.stop in features.counts and kernel is not None:
            fits += [
                _Fit(piece.stop, ridge, regularised(kernel, targets, ridge * piece.stop), True) for ridge in ridges
            ]
    return fits


def _small_fits(collected: Tensor, targets: Tensor, counts: Sequence[int], ridges: Sequence[float]) -> list[_Fit]:
    """Return the fits with no more features than samples."""
    orthogonal = Orthogonal.of(collected, targets)
    return [_Fit(count, ridge, orthogonal.weights(count, ridge * count), False) for count in counts for ridge in ridges]


@dataclass(frozen=True)
class _Predictions:
    """Predictions of centred targets on either split, and squared norms of the weights.

    Rows are those of the first fit, d in number, then those of the next.
    """

    train: Float64[Tensor, "rows n"]
    test: Float64[Tensor, "rows m"]
    squared_weights: Float64[Tensor, " fits"]


def _predicted(features: _Features, fits: Sequence[_Fit], train: Samples, test: Samples) -> _Predictions:
    """Return what the fits predict; every piece of the features adds its part to all fits that contain it."""
    outputs, count = train.targets.shape[1], len(fits)
    found = _Predictions(
        train.targets.new_zeros(count * outputs, len(train)),
        train.targets.new_zeros(count * outputs, len(test)),
        train.targets.new_zeros(count),
    )
    for piece in features.pieces(1):
        first = next(index for index, fit in enumerate(fits) if fit.features >= piece.stop)
        values = piece.values(train.inputs)
        weights = _weights(fits[first:], piece, values)
        found.squared_weights[first:] += weights.unflatten(1, (-1, outputs)).square().sum((0, 2))
        found.train[first * outputs :].addmm_(weights.T, values.T)
        found.test[first * outputs :].addmm_(weights.T, piece.values(test.inputs).T)
    return found


def _weights(fits: Sequence[_Fit], piece: _Piece, values: Tensor) -> Tensor:
    """Return the weights of a piece of the features in the fits, ``(k, fits x d)``."""
    own = [fit.solution.values[piece.start : piece.stop] for fit in fits if not fit.is_dual]
    duals = [fit.solution.values for fit in fits if fit.is_dual]
    return torch.cat([*own, *([values.T @ torch.cat(duals, dim=1)] if duals else [])], dim=1)


class _Errors(NamedTuple):
    squared: float
    stderr: float
    misclassified: float | None
    size: int


def _errors(predicted: Tensor, samples: Samples, has_classes: bool) -> _Errors:
    mean, stderr = mean_and_stderr((predicted - samples.targets).square().sum(1))
    wrong = (predicted.argmax(1) != samples.targets.argmax(1)).double().mean()
    return _Errors(mean, stderr, float(wrong) if has_classes else None, len(samples))


def _row(fit: _Fit, train: _Errors, test: _Errors, norm: float, bandwidth: float) -> RffRow:
    solution = fit.solution
    return RffRow(
        features=fit.features,
        ridge=fit.ridge,
        samples=train.size,
        outputs=solution.values.shape[1],
        train_error=train.squared,
        test_error=test.squared,
        test_error_stderr=test.stderr,
        train_misclassified=train.misclassified,
        test_misclassified=test.misclassified,
        test_samples=test.size,
        solution_norm=norm,
        degrees_of_freedom=solution.degrees_of_freedom,
        numerical_rank=solution.rank,
        condition_1_norm=solution.condition,
        solver=solution.method,
        kernel_bandwidth=bandwidth,
    )
