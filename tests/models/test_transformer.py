"""The transformer against its formulas written out."""

import math

import pytest
import torch
from torch import Tensor, nn

from geomgen.errors import UsageError
from geomgen.models.initial import initialise
from geomgen.models.layers import Network
from geomgen.models.transformer import transformer
from geomgen.numerics.seeds import generator

SHAPE = (2, 12, 8)


def _model(**sizes: int) -> Network:
    model = transformer(SHAPE, 5, **{"width": 12, "depth": 2, "patch": 4, "heads": 3} | sizes)
    initialise(model, generator(0, "initial-parameters"))
    return model.double()


def _attended(tokens: Tensor, weights: dict[str, Tensor], name: str, heads: int) -> Tensor:
    """Return self-attention, one image, head and query at a time."""
    width = tokens.shape[2]
    size = width // heads
    packed = tokens @ weights[f"{name}.projection.weight"].T + weights[f"{name}.projection.bias"]
    mixed = torch.zeros_like(tokens)
    for image in range(len(tokens)):
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            query, key, value = (packed[image, :, start : start + width][:, part] for start in (0, width, 2 * width))
            for place in range(tokens.shape[1]):
                share = (query[place] @ key.T / math.sqrt(size)).softmax(0)
                mixed[image, place, part] = share @ value
    return mixed @ weights[f"{name}.linear.weight"].T + weights[f"{name}.linear.bias"]


def _norm(tokens: Tensor, weights: dict[str, Tensor], name: str) -> Tensor:
    return nn.functional.layer_norm(tokens, tokens.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"])


def test_computes_what_its_formulas_say() -> None:
    model, images = _model(), torch.rand(3, *SHAPE, dtype=torch.float64)
    weights = {name: parameter.detach() for name, parameter in model.named_parameters()}
    patches = [images[:, :, y : y + 4, x : x + 4].flatten(1) for y in (0, 4, 8) for x in (0, 4)]
    tokens = torch.stack(patches, 1) @ weights["patches.linear.weight"].flatten(1).T + weights["patches.linear.bias"]
    tokens = tokens + weights["patches.positions.weight"]
    for block in ("block1", "block2"):
        inputs = _norm(tokens, weights, f"{block}.attention.norm")
        tokens = tokens + _attended(inputs, weights, f"{block}.attention.inner", 3)
        inputs = _norm(tokens, weights, f"{block}.mlp.norm")
        name = f"{block}.mlp.inner"
        hidden = nn.functional.gelu(inputs @ weights[f"{name}.hidden.weight"].T + weights[f"{name}.hidden.bias"])
        tokens = tokens + hidden @ weights[f"{name}.linear.weight"].T + weights[f"{name}.linear.bias"]
    pooled = _norm(tokens.mean(1), weights, "pooled.layernorm")
    logits = pooled @ weights["output.linear.weight"].T + weights["output.linear.bias"]
    torch.testing.assert_close(model(images).detach(), logits, rtol=1e-10, atol=1e-12)


def test_its_layers_have_names() -> None:
    block = ["attention", "hidden", "mlp"]
    names = ["patches", *(f"block{i}.{part}" for i in (1, 2) for part in block), "pooled", "output"]
    assert [layer.name for layer in _model().layers()] == names


@pytest.mark.parametrize(("shape", "patch"), [((1, 28, 28), 7), ((3, 32, 32), 4), ((1, 6, 9), 3), ((1, 5, 5), 1)])
def test_takes_any_image_that_patches_tile(shape: tuple[int, int, int], patch: int) -> None:
    model = transformer(shape, 7, width=8, depth=1, patch=patch, heads=2)
    assert model(torch.zeros(2, *shape)).shape == (2, 7)


def test_says_what_does_not_fit() -> None:
    with pytest.raises(UsageError, match=r"--patch 7 does not divide images of 12 x 8. Choose one of: 1, 2, 4\."):
        _model(patch=7)
    with pytest.raises(UsageError, match=r"--width 12 is not a multiple of --heads 5. Try --width 15\."):
        _model(heads=5)
