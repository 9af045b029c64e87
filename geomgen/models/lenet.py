"""LeNet-5, after LeCun et al. (1998), with max pooling."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geomgen.errors import UsageError
from geomgen.models.layers import Block, Network

CLASSIC_WIDTH = 84
SMALLEST_IMAGE = 12


class ChannelsLast(nn.Module):
    """Converts images to channels-last memory order, in which wide convolutions and pooling are faster."""

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n channels height width"]:
        """Return the same images."""
        return torch.empty_like(images, memory_format=torch.channels_last).copy_(images)


def lenet5(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    width: int = CLASSIC_WIDTH,
    activation: Callable[[], nn.Module] = nn.ReLU,
) -> Network:
    """Return conv 6 of 5x5, pool, conv 16 of 5x5, pool, 120, 84, classes; other widths scale all of them in proportion.

    The first convolution pads by 2, which turns 28 x 28 images into the 32 x 32 of the original.

    Args:
        input_shape: ``(channels, height, width)`` of one image.
        num_classes: Number of logits.
        width: Units of the last hidden layer.
        activation: Makes the activation of a layer.

    Raises:
        UsageError: If the images are too small for two convolutions of 5 x 5.
    """
    channels, height, image_width = input_shape
    if min(height, image_width) < SMALLEST_IMAGE:
        raise UsageError(
            f"--arch lenet5 needs images of at least {SMALLEST_IMAGE} x {SMALLEST_IMAGE}; these are "
            f"{height} x {image_width}.",
            "Choose --arch mlp.",
        )
    conv1, conv2, hidden1 = (max(1, round(size * width / CLASSIC_WIDTH)) for size in (6, 16, 120))
    pooled = ((height // 2 - 4) // 2) * ((image_width // 2 - 4) // 2)
    blocks = {
        "conv1": Block(nn.Conv2d(channels, conv1, 5, padding=2), activation(), nn.MaxPool2d(2), before=ChannelsLast()),
        "conv2": Block(nn.Conv2d(conv1, conv2, 5), activation(), nn.MaxPool2d(2)),
        "hidden1": Block(nn.Linear(conv2 * pooled, hidden1), activation(), before=nn.Flatten()),
        "hidden2": Block(nn.Linear(hidden1, width), activation()),
        "output": Block(nn.Linear(width, num_classes)),
    }
    return Network(blocks, width)
