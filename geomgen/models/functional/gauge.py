"""Parameters of a ReLU network with the same function, but with units whose weights are balanced."""

from itertools import pairwise

import torch
from jaxtyping import Float64
from torch import Tensor, nn

from geomgen.errors import UsageError
from geomgen.models.functional.mlp_products import Map, chain_of
from geomgen.models.functional.network import NetworkFunction

LARGEST_IMBALANCE, MOST_SWEEPS = 1e-13, 10_000


def rebalanced(network: NetworkFunction, theta: Float64[Tensor, " D"]) -> Float64[Tensor, " D"]:
    """Return parameters of a multi-layer perceptron of ReLU whose units are balanced.

    A unit's incoming weights and bias times a, and its outgoing weights over a, leave the function as it is. Each unit
    gets incoming and outgoing weights of equal norm, layer by layer until nothing changes; this point is the same for
    all parameters that differ by such factors. Units without incoming or outgoing weights stay as they are.

    Args:
        network: The function.
        theta: Parameters.

    Raises:
        UsageError: If the network is something else.

    Source:
        Stock et al. (2019), Equi-normalization of Neural Networks, for the sweeps and their convergence.
    """
    chain = chain_of(network)
    if not chain or not all(isinstance(one.activation, nn.ReLU) for one in chain[:-1]):
        raise UsageError(
            "--gauge rebalanced needs an mlp of ReLU without normalisation: other units cannot be rescaled.",
            "Choose --gauge as-is.",
        )
    found = theta.clone()
    parts = network.layout.named(found)
    for _ in range(MOST_SWEEPS):
        changes = [_balance(parts, before, after) for before, after in pairwise(chain)]
        if max(changes, default=0.0) <= LARGEST_IMBALANCE:
            break
    return found


def _balance(parts: dict[str, Tensor], before: Map, after: Map) -> float:
    """Balance the units between two maps in place, and return the largest |ln factor|."""
    incoming = parts[before.weight].square().sum(1)
    if before.bias in parts:
        incoming = incoming + parts[before.bias].square()
    outgoing = parts[after.weight].square().sum(0)
    is_used = (incoming > 0) & (outgoing > 0)
    factors = torch.where(is_used, (outgoing / incoming).pow(0.25), 1.0)
    parts[before.weight] *= factors[:, None]
    if before.bias in parts:
        parts[before.bias] *= factors
    parts[after.weight] /= factors
    return float(factors.log().abs().max())
