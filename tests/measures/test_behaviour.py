"""Changes of predictions, loss and classes against their definitions."""

import pytest
import torch

from geomgen.errors import UsageError
from geomgen.measures.behaviour import change_of, rounding_of
from geomgen.models.functional.loss import squared_error
from tests.measures.test_parameter_volume import linear_state


def test_changes_are_those_of_their_definitions_and_0_at_the_state() -> None:
    at = linear_state()
    other = at.theta + torch.linspace(-1, 1, len(at.theta)).double()
    logits, others = at.network.logits(at.theta, at.inputs), at.network.logits(other, at.inputs)
    own = logits.softmax(-1)
    exact = {
        "kl": (own * (own / others.softmax(-1)).log()).sum(-1).mean(),
        "loss": at.network.loss(other, at.inputs, at.labels) - at.network.loss(at.theta, at.inputs, at.labels),
        "disagreement": (logits.argmax(-1) != others.argmax(-1)).double().mean(),
    }
    for behaviour, value in exact.items():
        changes = change_of(behaviour, at)(torch.stack([at.theta, other]))
        assert changes.tolist() == pytest.approx([0, float(value)], abs=1e-14)


def test_rounding_is_small_but_not_0() -> None:
    at = linear_state()
    assert 2**-52 <= rounding_of(change_of("loss", at), at.theta, torch.Generator().manual_seed(0)) < 1e-13


def test_kl_needs_probabilities() -> None:
    with pytest.raises(UsageError, match="needs class probabilities"):
        change_of("kl", linear_state(squared_error))
