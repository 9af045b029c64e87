"""Every activation that an option names, against its formula."""

import math

import torch

from geomgen.config.architecture import ArchitectureConfig
from geomgen.config.base import option_docs
from geomgen.models.activations import ACTIVATIONS


def test_each_option_has_its_activation() -> None:
    assert tuple(ACTIVATIONS) == option_docs(ArchitectureConfig)["activation"].choices


def test_values_are_those_of_the_formulas() -> None:
    inputs = torch.linspace(-3, 3, 25, dtype=torch.float64)
    expected = {
        "relu": inputs.clamp_min(0),
        "tanh": (1 - (-2 * inputs).exp()) / (1 + (-2 * inputs).exp()),
        "gelu": inputs * (1 + torch.erf(inputs / math.sqrt(2))) / 2,
        "square": inputs**2,
        "identity": inputs,
    }
    for name, make in ACTIVATIONS.items():
        torch.testing.assert_close(make()(inputs), expected[name], rtol=1e-14, atol=1e-15)
