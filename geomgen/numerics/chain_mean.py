"""The mean of what Markov chains recorded, with its Monte-Carlo error and signs that they have not mixed."""

import math
from typing import NamedTuple, Self

from jaxtyping import Float
from torch import Tensor

MOST_R_HAT, LEAST_ESS = 1.05, 100


class ChainMean(NamedTuple):
    """A mean over chains and their draws.

    Attributes:
        value: The mean.
        stderr: Its Monte-Carlo standard error.
        r_hat: Rank-normalised split R-hat.
        ess: Effective number of independent draws.
        num_chains: Chains that it is the mean of.
    """

    value: float
    stderr: float
    r_hat: float
    ess: float
    num_chains: int

    @property
    def is_mixed(self) -> bool:
        """Whether R-hat is at most 1.05 and there are at least 100 effective draws."""
        return self.r_hat <= MOST_R_HAT and self.ess >= LEAST_ESS

    def extrapolated(self, half: Self) -> "ChainMean":
        """Return 2 x half - this: without an error that is proportional to the step, which the other has halved."""
        return ChainMean(
            value=2 * half.value - self.value,
            stderr=math.hypot(2 * half.stderr, self.stderr),
            r_hat=max(self.r_hat, half.r_hat),
            ess=min(self.ess, half.ess),
            num_chains=min(self.num_chains, half.num_chains),
        )


def chain_mean(draws: Float[Tensor, "K n"]) -> ChainMean | None:
    """Return the mean of the chains that are finite throughout; None if none is.

    Source:
        Vehtari et al. (2021), Rank-normalization, folding, and localization: an improved R-hat.
    """
    from arviz_stats.base.array import array_stats

    finite = draws[draws.isfinite().all(1)].double().numpy(force=True)
    if not len(finite):
        return None
    if (finite == finite[:, :1]).all():  # chains that never moved, or whose loss is the same everywhere
        return ChainMean(float(finite.mean()), math.nan, math.nan, math.nan, len(finite))
    return ChainMean(
        value=float(finite.mean()),
        stderr=float(array_stats.mcse(finite, method="mean")),
        r_hat=float(array_stats.rhat(finite)),
        ess=float(array_stats.ess(finite, method="mean")),
        num_chains=len(finite),
    )
