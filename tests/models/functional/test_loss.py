"""Losses against their formulas."""

import pytest
import torch

from geomgen.models.functional.loss import Loss, cross_entropy, losses_of_sets, one_hot, squared_error


def test_cross_entropy_is_minus_the_mean_log_probability_of_the_label() -> None:
    logits, labels = torch.randn(5, 3, dtype=torch.float64), torch.tensor([0, 1, 2, 0, 1])
    each = -logits.log_softmax(1)[torch.arange(5), labels]
    torch.testing.assert_close(cross_entropy(logits, labels, "none"), each)
    torch.testing.assert_close(cross_entropy(logits, labels), each.mean())
    torch.testing.assert_close(cross_entropy(logits, one_hot(labels, 3, torch.float32), "sum"), each.sum())


@pytest.mark.parametrize(("reduction", "expected"), [("none", [5.0, 2.0]), ("sum", 7.0), ("mean", 3.5)])
def test_squared_error_is_summed_over_outputs(reduction: str, expected: float | list[float]) -> None:
    logits = torch.tensor([[1.0, 3.0], [1.0, 0.0]])
    targets = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    torch.testing.assert_close(squared_error(logits, targets, reduction), torch.tensor(expected))
    assert torch.equal(
        squared_error(logits, torch.tensor([1, 1]), reduction), squared_error(logits, targets, reduction)
    )


def test_low_precision_is_widened_and_float64_kept() -> None:
    labels = torch.tensor([0])
    for loss in (cross_entropy, squared_error):
        for dtype, wide in ((torch.bfloat16, torch.float32), (torch.float64, torch.float64)):
            assert loss(torch.ones(1, 2, dtype=dtype), labels).dtype == wide


@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
def test_losses_of_sets_are_those_of_each(loss: Loss) -> None:
    logits = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for targets in (torch.arange(15).view(3, 5) % 4, logits.roll(1, 0).softmax(-1)):
        expected = torch.stack([loss(*one, "none") for one in zip(logits, targets, strict=True)])
        torch.testing.assert_close(losses_of_sets(loss, logits, targets), expected)
