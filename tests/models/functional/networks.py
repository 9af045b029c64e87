"""One small network of every kind that geomgen can build, in float64, with data to go with it."""

import warnings
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from geomgen.models.custom import CustomModule
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.layers import Network
from geomgen.models.lenet import lenet5
from geomgen.models.mlp import mlp
from geomgen.models.transformer import transformer

SHAPE, NUM_CLASSES, NUM_SAMPLES = (1, 12, 12), 3, 7
KINDS = ("mlp", "layer norm", "batch norm", "lenet5", "transformer", "custom", "weight norm", "recurrent")


class Problem(NamedTuple):
    """A network, images and labels."""

    model: Network
    inputs: Tensor
    labels: Tensor


class Branching(nn.Module):
    """What only a user would write: a map that is used twice, a bare parameter, tanh, and a residual branch."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Linear(144, 5, bias=False)
        self.twice = nn.Linear(5, 5)
        self.scale = nn.Parameter(torch.empty(()))
        self.leave = nn.Linear(5, NUM_CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits."""
        hidden = torch.tanh(self.enter(images.flatten(1)))
        hidden = hidden + self.scale * torch.tanh(self.twice(torch.tanh(self.twice(hidden))))
        logits: Tensor = self.leave(hidden)
        return logits


class Recurrent(nn.Module):
    """Rows of pixels through a layer for which torch's vmap has no rule."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.rows = nn.Linear(12, 3), nn.GRU(3, 4, batch_first=True)
        self.leave = nn.Linear(4, NUM_CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.leave(self.rows(self.enter(images[:, 0]))[0][:, -1])
        return logits


def jacobian_of(network: NetworkFunction, theta: Tensor, inputs: Tensor) -> Tensor:
    """Return the derivative of each sample's logits with respect to theta, ``(n, d, D)``."""
    return network.jacobian_by(list(network.layout.shapes), theta, inputs)


def weight_normalised() -> nn.Module:
    """Return a network with a weight that is computed from others, by torch's two ways."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the older way, in which many published networks are saved
        older = nn.utils.weight_norm(nn.Linear(5, 4))
    return nn.Sequential(
        nn.Flatten(), parametrizations.weight_norm(nn.Linear(144, 5)), nn.Tanh(), older, nn.Tanh(), nn.Linear(4, 3)
    )


def _network(kind: str) -> Network:
    match kind:
        case "weight norm":
            return Network({"own": CustomModule(weight_normalised(), ["1", "3", "5"], "networks:normalised")}, 4)
        case "recurrent":
            return Network({"own": CustomModule(Recurrent(), ["enter", "leave"], "networks:Recurrent")}, 4)
        case "lenet5":
            return lenet5(SHAPE, NUM_CLASSES, width=5)
        case "transformer":
            return transformer(SHAPE, NUM_CLASSES, width=4, depth=1, patch=4, heads=2)
        case "custom":
            return Network({"own": CustomModule(Branching(), ["enter", "twice", "leave"], "networks:Branching")}, 5)
        case _:
            norm = {"layer norm": nn.LayerNorm, "batch norm": nn.BatchNorm1d}.get(kind)
            return mlp(SHAPE, NUM_CLASSES, width=4, norm=norm)


def problem(kind: str, dtype: torch.dtype = torch.float64) -> Problem:
    """Return a network of a kind with parameters and running statistics away from any that are special."""
    source = torch.Generator().manual_seed(0)
    model = _network(kind).to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.4, generator=source)
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_(0, 0.4, generator=source)
            if name.endswith("running_var"):
                buffer.uniform_(0.5, 2, generator=source)
    inputs = torch.randn(NUM_SAMPLES, *SHAPE, generator=source, dtype=dtype)
    return Problem(model.eval(), inputs, torch.arange(NUM_SAMPLES) % NUM_CLASSES)
