r"""Critical points of a linear autoencoder, in closed form."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple


class CriticalPoint(NamedTuple):
    """A set of critical points that all keep the same principal axes of the inputs.

    Attributes:
        kept: Numbers of these axes.
        loss: The loss at each of them.
        num_negative: Number of directions of negative curvature.
    """

    kept: tuple[int, ...]
    loss: float
    num_negative: int


def critical_points(variances: Sequence[float], hidden: int) -> list[CriticalPoint]:
    r"""Return all critical points of E|x - B A x|^2 over A, hidden x n, and B, n x hidden.

    At each, B A projects on k <= hidden principal axes. Loss: the sum of the variances left out. A kept axis can be
    replaced by any of larger variance that is left out, and each of the hidden - k unused units can take in any of the
    n - k axes that are left out: these are the directions of negative curvature.

    Args:
        variances: Of the inputs along their n principal axes, distinct and positive.
        hidden: Hidden units, p.

    Returns:
        In ascending order of the loss.

    Source:
        Baldi and Hornik (1989), Neural networks and principal component analysis.
    """
    axes = range(len(variances))
    kept = [some for count in range(min(hidden, len(variances)) + 1) for some in combinations(axes, count)]
    return sorted((_point(variances, hidden, some) for some in kept), key=lambda point: point.loss)


def _point(variances: Sequence[float], hidden: int, kept: tuple[int, ...]) -> CriticalPoint:
    left_out = [variances[axis] for axis in range(len(variances)) if axis not in kept]
    exchanges = sum(other > variances[axis] for axis in kept for other in left_out)
    return CriticalPoint(kept, float(sum(left_out)), exchanges + (hidden - len(kept)) * len(left_out))
