"""Loss and accuracy by hand, whatever the size of the last batch."""

import math

import pytest
import torch
from torch import Tensor, nn

from geomgen.config.procedure import CROSS_ENTROPY, MSE
from geomgen.data.dataset import Split
from geomgen.models.functional.loss import squared_error
from geomgen.models.layers import EVALUATION_BATCH_SIZE
from geomgen.training.evaluate import evaluate, in_its_unit


class Brightness(nn.Module):
    """Logits (0, scale * (first pixel - 1/2))."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(scale))

    def forward(self, images: Tensor) -> Tensor:
        """Return two logits an image."""
        bright = self.scale * (images.flatten(1)[:, 0] - 0.5)
        return torch.stack([torch.zeros_like(bright), bright], dim=1)


def split(pixels: list[int], labels: list[int]) -> Split:
    images = torch.tensor(pixels, dtype=torch.uint8).reshape(-1, 1, 1, 1)
    return Split(images, torch.tensor(labels))


def test_loss_and_accuracy_by_hand() -> None:
    """Bright images have the logits (0, 2), dark ones (0, -2): two of four are right."""
    found = evaluate(Brightness(4.0), split([255, 255, 0, 0], [1, 0, 0, 1]))
    assert found.accuracy == 0.5
    assert found.loss == pytest.approx((math.log1p(math.exp(-2)) + math.log1p(math.exp(2))) / 2, rel=1e-6)


def test_a_last_batch_of_one_image_counts_as_one_image() -> None:
    num = EVALUATION_BATCH_SIZE + 1
    found = evaluate(Brightness(0.0), split([0] * num, [0] * EVALUATION_BATCH_SIZE + [1]))
    assert found == pytest.approx((math.log(2), EVALUATION_BATCH_SIZE / num), rel=1e-6)


def test_nothing_is_left_for_autograd_and_parameters_of_any_type_will_do() -> None:
    model = Brightness(4.0).to(torch.bfloat16)
    found = evaluate(model, split([255, 0], [1, 0]))
    assert model.scale.grad is None
    assert found.accuracy == 1
    assert found.loss == pytest.approx(math.log1p(math.exp(-2)), rel=1e-2)


def test_squared_error_by_hand() -> None:
    """Logits (0, 2) and (0, -2) with the targets (0, 1), (1, 0), (1, 0) and (0, 1)."""
    found = evaluate(Brightness(4.0), split([255, 255, 0, 0], [1, 0, 0, 1]), squared_error)
    assert found == pytest.approx(((1 + 5 + 5 + 9) / 4, 0.5), rel=1e-6)


def test_a_loss_has_one_unit() -> None:
    assert in_its_unit(2.5, CROSS_ENTROPY) == (2.5, None)
    assert in_its_unit(2.5, MSE) == (None, 2.5)
