"""How much a network at other parameters differs from one at its own: in predictions, loss, or predicted classes."""

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.errors import UsageError
from geomgen.measures.at_state import AtState
from geomgen.models.functional.loss import squared_error

NUM_TRIED = 16

Change = Callable[[Float64[Tensor, "K D"]], Float64[Tensor, " K"]]
"""Returns the change at K parameter vectors; 0 at the state itself."""


def change_of(behaviour: str, at: AtState) -> Change:
    """Return how much a behaviour changes from a state.

    Args:
        behaviour: kl: mean KL(p_state || p) in nats; loss: mean loss less that of the state; disagreement: share of
            images whose predicted class differs.
        at: The state.

    Raises:
        UsageError: If kl is asked of a network that was trained with squared error.
    """
    if behaviour == "kl":
        return _divergence(at)
    if behaviour == "loss":
        reference = at.network.loss(at.theta, at.inputs, at.labels)
        return lambda points: at.network.loss(points, at.inputs, at.labels) - reference
    classes = at.network.logits(at.theta, at.inputs).argmax(-1)
    return lambda points: (at.network.logits(points, at.inputs).argmax(-1) != classes).double().mean(-1)


def _divergence(at: AtState) -> Change:
    if at.network.loss_function is squared_error:
        raise UsageError(
            "--behaviour kl needs class probabilities, and the run was trained with --loss mse.",
            "Choose --behaviour loss or disagreement.",
        )
    expected = at.network.logits(at.theta, at.inputs).log_softmax(-1)

    def change(points: Tensor) -> Tensor:
        found = at.network.logits(points, at.inputs).log_softmax(-1)
        return (expected.exp() * (expected - found)).sum(-1).mean(-1)

    return change


@torch.no_grad()
def rounding_of(change: Change, theta: Float64[Tensor, " D"], source: torch.Generator) -> float:
    """Return the largest change at parameters that differ from a state's by rounding alone, and at least eps of 1."""
    signs = torch.randint(-1, 2, (NUM_TRIED, len(theta)), generator=source).to(theta)
    eps = torch.finfo(theta.dtype).eps
    return max(eps, float(change(theta * (1 + eps * signs)).abs().max()))
