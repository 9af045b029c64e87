"""What measures of derivatives are given: a network at one state, and the images on which it is differentiated."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jaxtyping import Float64, Int64
from torch import Tensor

from geomgen.models.functional.network import NetworkFunction

Rows = Mapping[str, Sequence[Any]]
"""Rows by the name of their table."""


class AtState(NamedTuple):
    """A run's network at one state, and the images on which it is differentiated.

    Attributes:
        state: Name of the parameters.
        network: The function.
        theta: The parameters, ``(D,)`` float64.
        inputs: ``(N, channels, height, width)`` float64.
        labels: As trained on, ``(N,)``.
        num_classes: Logits per image.
    """

    state: str
    network: NetworkFunction
    theta: Float64[Tensor, " D"]
    inputs: Float64[Tensor, "N channels height width"]
    labels: Int64[Tensor, " N"]
    num_classes: int
