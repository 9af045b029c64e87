"""Means of chains: their errors are as large as they say, and chains that disagree are seen."""

import pytest
import torch
from torch import Tensor

from geomgen.numerics.chain_mean import ChainMean, chain_mean


def _autoregressive(num_chains: int, num_draws: int, correlation: float, source: torch.Generator) -> Tensor:
    noise = torch.randn(num_chains, num_draws, generator=source, dtype=torch.float64)
    drawn = [noise[:, 0]]
    for index in range(1, num_draws):
        drawn.append(correlation * drawn[-1] + (1 - correlation**2) ** 0.5 * noise[:, index])
    return torch.stack(drawn, 1)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_the_standard_error_is_that_of_repeats(correlation: float) -> None:
    source = torch.Generator().manual_seed(0)
    means = [chain_mean(_autoregressive(10, 200, correlation, source)) for _ in range(100)]
    known = [mean for mean in means if mean]
    spread = torch.tensor([mean.value for mean in known]).std()
    stderr = torch.tensor([mean.stderr for mean in known]).mean()
    assert float(spread / stderr) == pytest.approx(1, abs=0.3)
    assert all(mean.r_hat < 1.1 for mean in known)


def test_chains_that_disagree_and_chains_that_diverged_are_seen() -> None:
    draws = _autoregressive(4, 200, 0.0, torch.Generator().manual_seed(1))
    apart = chain_mean(draws + torch.tensor([[0.0], [0.0], [0.0], [3.0]], dtype=torch.float64))
    assert apart is not None
    assert apart.r_hat > 1.1
    draws[2, 7] = torch.inf
    rest = chain_mean(draws)
    assert rest is not None
    assert rest.num_chains == 3
    assert chain_mean(draws * torch.nan) is None


def test_extrapolation_removes_what_is_proportional_to_the_step() -> None:
    full, half = ChainMean(11.0, 0.3, 1.01, 500, 10), ChainMean(10.5, 0.2, 1.02, 400, 9)
    assert full.extrapolated(half) == ChainMean(10.0, 0.5, 1.02, 400, 9)
