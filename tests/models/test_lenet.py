"""LeNet-5 has the classic sizes, at any width and for other images."""

import pytest
import torch

from geomgen.errors import UsageError
from geomgen.models.lenet import lenet5


def test_lenet5_has_the_classic_sizes() -> None:
    model = lenet5((1, 28, 28), 10)
    weights = [tuple(p.shape) for p in model.parameters() if p.dim() > 1]
    assert weights == [(6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84)]
    assert model.num_parameters() == 61_706
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize(("shape", "width"), [((3, 32, 32), 168), ((1, 12, 20), 42), ((1, 15, 13), 1)])
def test_lenet5_takes_other_images_and_widths(shape: tuple[int, int, int], width: int) -> None:
    model = lenet5(shape, 7, width=width)
    assert model(torch.zeros(2, *shape)).shape == (2, 7)
    assert model.layers()[-2].name == "hidden2"


def test_lenet5_says_what_is_too_small() -> None:
    with pytest.raises(UsageError, match="at least 12 x 12; these are 28 x 8"):
        lenet5((1, 28, 8), 10)
