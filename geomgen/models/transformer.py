"""A small vision transformer, after Dosovitskiy et al. (2021): pre-norm, and a mean token in place of a class token."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geomgen.errors import UsageError, require_divisor
from geomgen.models.layers import Block, Layer, Network, Part

EXPANSION = 4


class Positions(nn.Module):
    """Adds a learnt vector to each token."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(tokens, width))

    def forward(self, tokens: Float[Tensor, "n tokens width"]) -> Float[Tensor, "n tokens width"]:
        """Return the tokens with their positions added."""
        return tokens + self.weight


class Patches(Part):
    """Cuts images into square patches and maps each linearly to a token."""

    def __init__(self, input_shape: tuple[int, ...], patch: int, width: int) -> None:
        super().__init__()
        channels, height, image_width = input_shape
        self.linear = nn.Conv2d(channels, width, patch, stride=patch)
        self.positions = Positions(height // patch * (image_width // patch), width)

    def forward(self, images: Float[Tensor, "n channels height image_width"]) -> Float[Tensor, "n tokens width"]:
        """Return the tokens of images."""
        tokens: Tensor = self.positions(self.linear(images).flatten(2).transpose(1, 2))
        return tokens

    def layers(self, name: str) -> list[Layer]:
        """Return the one layer: before and after positions are added."""
        return [Layer(name, self.linear, self)]


class Attention(nn.Module):
    """Self-attention of several heads."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.projection = nn.Linear(width, 3 * width)
        self.linear = nn.Linear(width, width)

    def forward(self, tokens: Float[Tensor, "n tokens width"]) -> Float[Tensor, "n tokens width"]:
        """Return, for each token, the mean of all tokens' values weighted by how well their keys fit its query."""
        split = self.projection(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = split.unbind(0)
        mixed = nn.functional.scaled_dot_product_attention(query, key, value)
        output: Tensor = self.linear(mixed.transpose(1, 2).flatten(2))
        return output


class Perceptron(nn.Module):
    """Two linear maps with GELU between them, applied to each token. Input and output: ``(n, tokens, width)``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, EXPANSION * width)
        self.gelu = nn.GELU()
        self.linear = nn.Linear(EXPANSION * width, width)

    def forward(self, tokens: Float[Tensor, "n tokens width"]) -> Float[Tensor, "n tokens width"]:
        """Return the mapped tokens."""
        output: Tensor = self.linear(self.gelu(self.hidden(tokens)))
        return output


class Residual(nn.Module):
    """x + f(norm(x))."""

    def __init__(self, width: int, inner: nn.Module) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = inner

    def forward(self, tokens: Float[Tensor, "n tokens width"]) -> Float[Tensor, "n tokens width"]:
        """Return the tokens plus the output of ``inner``."""
        output: Tensor = tokens + self.inner(self.norm(tokens))
        return output


class Encoder(Part):
    """Attention and perceptron, each with normalisation before and a residual connection."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = Residual(width, Attention(width, heads))
        self.mlp = Residual(width, Perceptron(width))

    def forward(self, tokens: Float[Tensor, "n tokens width"]) -> Float[Tensor, "n tokens width"]:
        """Return the tokens after both."""
        output: Tensor = self.mlp(self.attention(tokens))
        return output

    def layers(self, name: str) -> list[Layer]:
        """Return three layers; the outputs of attention and mlp include the residual connection."""
        attention, mlp = self.attention.inner, self.mlp.inner
        return [
            Layer(f"{name}.attention", attention.get_submodule("linear"), self.attention),
            Layer(f"{name}.hidden", mlp.get_submodule("hidden"), mlp.get_submodule("gelu")),
            Layer(f"{name}.mlp", mlp.get_submodule("linear"), self.mlp),
        ]


class TokenMean(nn.Module):
    """Mean over tokens."""

    def forward(self, tokens: Float[Tensor, "n tokens width"]) -> Float[Tensor, "n width"]:
        """Return the mean token."""
        return tokens.mean(1)


def transformer(
    input_shape: tuple[int, ...], num_classes: int, *, width: int, depth: int, patch: int, heads: int
) -> Network:
    """Return ``patches``, ``block1 .. block<depth>``, ``pooled`` (mean token, then normalised) and a linear ``output``.

    Args:
        input_shape: ``(channels, height, width)`` of one image.
        num_classes: Number of logits.
        width: Embedding dimension, and so the units of ``pooled``; a perceptron's hidden layer has four times as many.
        depth: Number of blocks.
        patch: Side of a patch, in pixels.
        heads: Attention heads per block.

    Raises:
        UsageError: If patches do not tile the image, or heads do not share the width evenly.
    """
    _, height, image_width = input_shape
    require_divisor("--patch", patch, height, image_width)
    if width % heads:
        raise UsageError(
            f"--width {width} is not a multiple of --heads {heads}.", f"Try --width {-(-width // heads) * heads}."
        )
    blocks = {f"block{index}": Encoder(width, heads) for index in range(1, depth + 1)}
    parts: dict[str, Part] = {
        "patches": Patches(input_shape, patch, width),
        **blocks,
        "pooled": Block(TokenMean(), nn.LayerNorm(width)),
        "output": Block(nn.Linear(width, num_classes)),
    }
    return Network(parts, width)
