r"""Log determinant of activations: how much volume they fill, under a Gaussian approximation.

With e_i the squared singular values of the centred n x p activations (not divided by n), a rule says which of them
count: LD = sum ln e_i. The covariance's log determinant is LD - p ln n where all count. Activations are float32: an e_i
that may be no more than their rounding errors counts as 0.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from geomgen.numerics.gram import BLOCK_ROWS, centred_spectrum
from geomgen.numerics.rounding import rounding_threshold, square_of_errors

NUM_LARGEST = 16
DROP_NATS = 8.0


@dataclass(frozen=True)
class Spectrum:
    """The statistics of activations that the log determinant needs.

    Attributes:
        squares: Squared singular values of the centred activations, descending; 0 where they may be rounding errors.
        column_squares: Squared norms of the centred columns.
        sum_of_quartics: Sum over rows of the fourth power of a centred row's norm.
        num_samples: n.
    """

    squares: Float64[Tensor, " p"]
    column_squares: Float64[Tensor, " p"]
    sum_of_quartics: float
    num_samples: int

    @property
    def dim(self) -> int:
        """Number of columns, p."""
        return len(self.squares)

    @property
    def num_resolved(self) -> int:
        """How many squared singular values are more than rounding errors."""
        return int(self.squares.count_nonzero())


def spectrum(data: Float[Tensor, "n p"]) -> Spectrum:
    """Return the spectrum of activations that were computed in their own type, float32 or float64."""
    squares, column_squares = centred_spectrum(data)
    mean = data.mean(0, dtype=torch.float64)
    quartics = ((block.double() - mean).square().sum(1).square().sum() for block in data.split(BLOCK_ROWS))
    sum_of_squares = float(column_squares.sum()) + len(data) * float(mean.square().sum())
    unresolved = max(rounding_threshold(len(squares)) * float(squares[0]), square_of_errors(sum_of_squares, data.dtype))
    return Spectrum(squares.where(squares > unresolved, 0.0), column_squares, float(sum(quartics)), len(data))


def log_determinant(spectrum: Spectrum, rule: str, floor: float = 1.0) -> tuple[float, int]:
    r"""Return the log determinant in nats under a rule, and how many squared singular values count unchanged.

    - ``relative``: those with ln e > m - 8, where m is the mean of ln e over the 16 largest that are resolved, or all
      if they are fewer (published); -inf if none is.
    - ``floor``: all, clipped below: sum ln max(e, floor).
    - ``full``: all; -inf if one is not resolved.
    - ``ledoit-wolf``: all of n ((1 - rho) S + rho mu I), see `ledoit_wolf`.

    Args:
        spectrum: Of the activations.
        rule: One of the four.
        floor: Squared singular value at which ``floor`` clips.

    Source:
        ``relative``: the published table's protocol. ``ledoit-wolf``: Ledoit and Wolf (2004).
    """
    resolved = spectrum.squares[: spectrum.num_resolved].log()
    match rule:
        case "relative":
            kept = resolved[resolved > resolved[:NUM_LARGEST].mean() - DROP_NATS]
            return (float(kept.sum()) if len(kept) else -math.inf), len(kept)
        case "floor":
            kept = resolved[resolved > math.log(floor)]
            return float(kept.sum()) + (spectrum.dim - len(kept)) * math.log(floor), len(kept)
        case "full":
            return (float(resolved.sum()) if len(resolved) == spectrum.dim else -math.inf), len(resolved)
        case _:
            kept = ledoit_wolf(spectrum).mul(spectrum.num_samples).log()
            return float(kept.sum()), len(kept)


def ledoit_wolf_shrinkage(spectrum: Spectrum) -> float:
    r"""Return rho, the weight of the identity in the Ledoit-Wolf covariance, between 0 and 1.

    With S = A^T A / n, mu = tr S / p and |M|^2 = tr M^T M:
    rho = min(b, d) / d, d = |S - mu I|^2, b = (1/n^2) sum_k |a_k a_k^T - S|^2.

    Source:
        Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices.
    """
    n = spectrum.num_samples
    eigenvalues = spectrum.squares / n
    spread = float((eigenvalues - eigenvalues.mean()).square().sum())
    noise = (spectrum.sum_of_quartics / n - float(eigenvalues.square().sum())) / n
    return min(max(noise, 0.0) / spread, 1.0) if spread else 1.0


def ledoit_wolf(spectrum: Spectrum) -> Float64[Tensor, " p"]:
    """Return the eigenvalues of the Ledoit-Wolf covariance (1 - rho) S + rho mu I."""
    return _shrunk(spectrum.squares / spectrum.num_samples, ledoit_wolf_shrinkage(spectrum))


def participation_ratio(spectrum: Spectrum) -> float:
    """Return (sum e)^2 / sum e^2, between 1 and p; NaN for activations that do not vary."""
    return float(spectrum.squares.sum() ** 2 / spectrum.squares.square().sum())


def total_correlation(spectrum: Spectrum, rule: str) -> float:
    r"""Return the Gaussian total correlation in nats: 1/2 (sum ln s_ii - ln det S).

    It is a property of the whole covariance, so the only rule that affects it is ``ledoit-wolf``, which changes the
    covariance.

    Returns:
        Not below 0 except for rounding; inf if a unit is constant or a squared singular value is not resolved.
    """
    if rule == "ledoit-wolf":
        shrinkage = ledoit_wolf_shrinkage(spectrum)
        variances = _shrunk(spectrum.column_squares / spectrum.num_samples, shrinkage)
        return 0.5 * float(variances.log().sum() - ledoit_wolf(spectrum).log().sum())
    log_det, _ = log_determinant(spectrum, "full")
    return 0.5 * (float(spectrum.column_squares.log().sum()) - log_det) if math.isfinite(log_det) else math.inf


def _shrunk(values: Tensor, shrinkage: float) -> Tensor:
    return (1 - shrinkage) * values + shrinkage * values.mean()
