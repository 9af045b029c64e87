r"""Similarity of activations: every pair of images compared exactly, without holding all pairs in memory.

Cosine: x_ij = a_i . a_j / (|a_i| |a_j|). Centred cosine: the same of a_i - mean, the mean activation over all images.
L2: x_ij = |a_i - a_j| / rms, where rms^2 is the mean of |a_i - a_j|^2 over all pairs, so that only the distribution's
shape is left.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from geomgen.numerics.pairs import BLOCK_ROWS, PairBlock, centred_products
from geomgen.tables.activations import SimilarityRow, SimilaritySummaryRow
from geomgen.theory.similarity import Expected, gaussian_similarity

RANGE = {"cosine": (-1.0, 1.0), "centred-cosine": (-1.0, 1.0), "l2": (0.0, 3.0)}
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
FINE_BINS = 2**16
WIDE_ROWS = 100
FEWEST_FOR_ERROR = 3
Limit = Callable[[slice, slice], Float32[Tensor, "rows columns"]]
"""The cosines that theory predicts of some rows with some others."""


@dataclass(frozen=True)
class Similarity:
    """The distribution of one metric over all pairs of rows.

    Attributes:
        metric: ``cosine``, ``centred-cosine`` or ``l2``.
        counts: Pairs in each bin of the metric's `RANGE`.
        mean: Over all pairs.
        mean_stderr: Of the mean, over draws of rows; None of two rows, from which the jackknife can leave none out,
            and of ``centred-cosine``.
        std: Over all pairs.
        skewness: Over all pairs.
        quantiles: At `QUANTILES`.
        expected: Mean and standard deviation for independent Gaussian units of the same means and variances; None if no
            unit varies.
        scale: What distances were divided by.
        num_samples: Rows.
        num_zero: Rows of zeros, or equal to the mean if that is taken off, whose cosines count as 0.
        dim: Columns.
        common_mode: |mean|^2 over the mean of |a_i|^2; NaN if all rows are zero.
        limit: The distribution that theory predicts, if that is known; its rows have no common mode.
        limit_rmse: Root mean square over pairs of the value minus the predicted one.
    """

    metric: str
    counts: Int64[Tensor, " bins"]
    mean: float
    mean_stderr: float | None
    std: float
    skewness: float
    quantiles: tuple[float, ...]
    expected: Expected | None
    scale: float
    num_samples: int
    num_zero: int
    dim: int
    common_mode: float | None = None
    limit: "Similarity | None" = None
    limit_rmse: float | None = None


@torch.no_grad()
def similarities(
    data: Float32[Tensor, "n p"], metrics: Sequence[str], bins: int, limit: Limit | None = None
) -> list[Similarity]:
    """Compare every pair of rows by each metric, all from the same products.

    A pair's products and values are float32, sums over pairs float64.

    Args:
        data: n >= 2 rows.
        metrics: ``cosine``, ``centred-cosine``, ``l2``.
        bins: Bins of the histograms.
        limit: Cosines that theory predicts, with which those of ``cosine`` are compared.

    Returns:
        One distribution per metric.
    """
    rows = _Rows(data)
    distributions = [
        _Predicted(limit, rows, bins) if limit and metric == "cosine" else _Distribution(metric, rows, bins)
        for metric in metrics
    ]
    for block in centred_products(data, rows.mean):
        for distribution in distributions:
            distribution.add(block)
    return [distribution.found() for distribution in distributions]


def histogram_rows(found: Similarity, keys: Mapping[str, str]) -> list[SimilarityRow]:
    """Return a distribution as one row per bin.

    Args:
        found: The distribution.
        keys: Layer, site, state and condition.
    """
    low, high = RANGE[found.metric]
    bins, num_pairs = len(found.counts), int(found.counts.sum())
    edges = [low + (high - low) * index / bins for index in range(bins + 1)]
    return [
        SimilarityRow(
            **keys,
            metric=found.metric,
            bins=bins,
            bin=index,
            bin_low=edges[index],
            bin_high=edges[index + 1],
            count=count,
            density=count / num_pairs * bins / (high - low),
        )
        for index, count in enumerate(found.counts.tolist())
    ]


def summary_row(found: Similarity, keys: Mapping[str, str]) -> SimilaritySummaryRow:
    """Return a distribution as one row of numbers.

    Args:
        found: The distribution.
        keys: Layer, site, state and condition.
    """
    q01, q05, q25, q50, q75, q95, q99 = found.quantiles
    return SimilaritySummaryRow(
        **keys,
        metric=found.metric,
        num_pairs=int(found.counts.sum()),
        mean=found.mean,
        mean_stderr=found.mean_stderr,
        std=found.std,
        skewness=found.skewness,
        q01=q01,
        q05=q05,
        q25=q25,
        q50=q50,
        q75=q75,
        q95=q95,
        q99=q99,
        expected_mean=found.expected.mean if found.expected else None,
        expected_std=found.expected.std if found.expected else None,
        scale=found.scale,
        num_samples=found.num_samples,
        num_zero=found.num_zero,
        dim=found.dim,
        bins=len(found.counts),
        common_mode=found.common_mode,
        infinite_width_rmse=found.limit_rmse,
    )


class _Rows:
    """What is known about each row a_i before any pair is compared, computed in float64.

    Attributes:
        mean: ``(p,)`` float32, subtracted before products.
        shared: ``(n,)`` float32, mean . (a_i - mean) + |mean|^2 / 2: a_i . a_j is the product plus both rows' shared.
        squares: ``(n,)`` float64, |a_i - mean|^2.
        inverse_lengths: ``(n,)`` float32, 1 / |a_i|; 0 for a row of zeros.
        mean_cosine: Over all pairs, (|sum u_i|^2 - sum |u_i|^2) / (n (n-1)) with u_i = a_i / |a_i|.
        variance: ``(p,)`` float64, variance of each column.
        rms_distance: Root mean square of |a_i - a_j| over all pairs, sqrt(2 sum |a_i - mean|^2 / (n-1)).
        common_mode: |mean|^2 over the mean of |a_i|^2 = |mean|^2 + |a_i - mean|^2; NaN if all rows are zero.
    """

    def __init__(self, data: Tensor) -> None:
        n = len(data)
        self.mean = (torch.stack([part.double().sum(0) for part in data.split(WIDE_ROWS)]).sum(0) / n).float()
        parts = [_wide_rows(part, self.mean.double()) for part in data.split(WIDE_ROWS)]
        shared, squares, inverse_lengths, units, column_squares = zip(*parts, strict=True)
        self.shared, self.squares = torch.cat(shared).float(), torch.cat(squares)
        self.inverse_lengths = torch.cat(inverse_lengths).float()
        self.variance = sum(column_squares) / n
        num_units = int(self.inverse_lengths.count_nonzero())
        self.mean_cosine = (float(sum(units).square().sum()) - num_units) / (n * (n - 1))
        self.rms_distance = math.sqrt(2 * float(self.squares.sum()) / (n - 1))
        shared_square = float(self.mean.double().square().sum())
        total = shared_square + float(self.squares.mean())
        self.common_mode = shared_square / total if total else math.nan


def _wide_rows(part: Tensor, mean: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return shared, squares and inverse lengths of rows, and sums of unit vectors and of squares, in float64."""
    wide = part.double()
    lengths = wide.norm(dim=1)
    inverse_lengths = torch.where(lengths > 0, 1 / lengths, 0.0)
    units = inverse_lengths @ wide
    wide -= mean
    shared = wide @ mean + mean.square().sum() / 2
    squares = wide.square_()
    return shared, squares.sum(1), inverse_lengths, units, squares.sum(0)


class _Distribution:
    """Histogram and moments of one metric, gathered block by block."""

    def __init__(self, metric: str, rows: _Rows, bins: int) -> None:
        self.metric, self.rows, self.bins = metric, rows, bins
        self.shift = rows.mean_cosine if metric == "cosine" else 1.0
        self.values = rows.mean.new_empty(BLOCK_ROWS**2)
        self.counts = rows.mean.new_zeros(bins * -(-FINE_BINS // bins), dtype=torch.int64)
        self.row_sums = torch.zeros_like(rows.squares)
        self.power_sums = [0.0, 0.0, 0.0]

    def add(self, block: PairBlock) -> None:
        """Add the pairs of a block; on the diagonal, those above it."""
        values = self.values[: block.products.numel()].view(block.products.shape)
        COMPARE[self.metric](self.rows, block, values)
        self.add_values(values, block)

    def add_values(self, values: Tensor, block: PairBlock) -> None:
        """Add the values of a block's pairs, which are overwritten."""
        self._count(values, block.is_diagonal)
        values -= self.shift
        if block.is_diagonal:
            values.triu_(1)
        self._sum(values, block)

    def _count(self, values: Tensor, is_diagonal: bool) -> None:
        low, high = RANGE[self.metric]
        size = len(self.counts)
        bins = values.sub(low).mul_(size / (high - low)).clamp_(0, size - 1).int()
        if is_diagonal:
            above = torch.ones_like(bins, dtype=torch.bool).triu_(1)
            bins.masked_fill_(~above, size)
        self.counts += torch.bincount(bins.view(-1), minlength=size)[:size]

    def _sum(self, values: Tensor, block: PairBlock) -> None:
        by_row = values.sum(1)
        self.row_sums[block.rows] += by_row
        self.row_sums[block.columns] += values.sum(0)
        squares = values.square()
        for index, terms in enumerate((by_row, squares.sum(1), squares.mul_(values).sum(1))):
            self.power_sums[index] += float(terms.double().sum())

    def found(self) -> Similarity:
        """Return the distribution, once every block has been added."""
        n = len(self.row_sums)
        first, second, third = (total / (n * (n - 1) // 2) for total in self.power_sums)
        variance = max(0.0, second - first**2)
        lengths = self.rows.squares if self.metric == "centred-cosine" else self.rows.inverse_lengths
        skewness = (third - 3 * first * variance - first**3) / variance**1.5 if variance else math.nan
        return Similarity(
            metric=self.metric,
            counts=self.counts.view(self.bins, -1).sum(1).cpu(),
            mean=self.shift + first,
            mean_stderr=self._mean_stderr(self.shift + first),
            std=math.sqrt(variance),
            skewness=skewness,
            quantiles=self._quantiles(),
            expected=gaussian_similarity(self.metric, self.rows.mean.double(), self.rows.variance),
            scale=self.rows.rms_distance if self.metric == "l2" else 1.0,
            num_samples=n,
            num_zero=int((lengths == 0).sum()),
            dim=len(self.rows.mean),
            common_mode=self.rows.common_mode,
        )

    def _mean_stderr(self, mean: float) -> float | None:
        """Return the jackknife's standard error of the mean over pairs, a U-statistic of the rows; None of two rows.

        A row's influence is 2 n/(n-2) times the deviation of its own pairs; for l2, minus the row's effect on the
        scale. None without the mean activation, which depends on all rows: pairs then add up to about a constant.
        """
        n = len(self.row_sums)
        if n < FEWEST_FOR_ERROR or self.metric == "centred-cosine":
            return None
        influence = self.shift + self.row_sums / (n - 1) - mean
        if self.metric == "l2":
            squares = self.rows.squares
            own_mean_squares = (n * squares + squares.sum()) / ((n - 1) * self.rows.rms_distance**2)
            influence -= mean / 2 * (own_mean_squares - 1)
        return 2 * math.sqrt((n - 1) / n * float(influence.square().sum())) / (n - 2)

    def _quantiles(self) -> tuple[float, ...]:
        """Return the quantiles, assuming that pairs are spread evenly within a fine bin."""
        low, high = RANGE[self.metric]
        below = torch.cat([torch.zeros(1, dtype=torch.int64), self.counts.cumsum(0).cpu()]).numpy()
        edges = np.linspace(low, high, len(below))
        return tuple(map(float, np.interp(np.array(QUANTILES) * below[-1], below, edges)))


class _Predicted(_Distribution):
    """The distribution of cosines, beside that of the predicted ones."""

    def __init__(self, limit: Limit, rows: _Rows, bins: int) -> None:
        super().__init__("cosine", rows, bins)
        self.limit, self.predicted, self.sum_squares = limit, _Distribution("cosine", rows, bins), 0.0

    def add_values(self, values: Tensor, block: PairBlock) -> None:
        """Add the values of a block's pairs, which are overwritten, and the predicted ones."""
        predicted = self.limit(block.rows, block.columns).to(values.device)
        deviations = (values - predicted).square_()
        self.sum_squares += float((deviations.triu_(1) if block.is_diagonal else deviations).double().sum())
        self.predicted.add_values(predicted, block)
        super().add_values(values, block)

    def found(self) -> Similarity:
        """Return the distribution, once every block has been added."""
        found = super().found()
        num_pairs = found.num_samples * (found.num_samples - 1) // 2
        limit = replace(self.predicted.found(), expected=None, common_mode=None)
        return replace(found, limit=limit, limit_rmse=math.sqrt(self.sum_squares / num_pairs))


def _cosines(rows: _Rows, block: PairBlock, out: Tensor) -> None:
    torch.add(block.products, rows.shared[block.rows, None], out=out)
    out.add_(rows.shared[block.columns])
    out.mul_(rows.inverse_lengths[block.rows, None]).mul_(rows.inverse_lengths[block.columns]).clamp_(-1, 1)


def _centred_cosines(rows: _Rows, block: PairBlock, out: Tensor) -> None:
    inverse_lengths = torch.where(rows.squares > 0, rows.squares.rsqrt(), 0.0).float()
    torch.mul(block.products, inverse_lengths[block.rows, None], out=out)
    out.mul_(inverse_lengths[block.columns]).clamp_(-1, 1)


def _distances(rows: _Rows, block: PairBlock, out: Tensor) -> None:
    scale = 1 / rows.rms_distance**2 if rows.rms_distance else 0.0
    squares = (rows.squares * scale).float()
    torch.add(squares[block.rows, None], block.products, alpha=-2 * scale, out=out)
    out.add_(squares[block.columns]).clamp_(min=0).sqrt_()


COMPARE = {"cosine": _cosines, "centred-cosine": _centred_cosines, "l2": _distances}
