"""Annotations hold while tests run: a wrong shape, element type or argument of a computing function is refused."""

import pytest
import torch
from jaxtyping import TypeCheckError

from geomgen.data.dataset import Split
from geomgen.numerics.descent import Descent
from geomgen.numerics.gram import centred_gram
from geomgen.numerics.least_squares import minimum_norm
from geomgen.numerics.seeds import generator
from geomgen.training.trajectory import distance


def test_a_wrong_number_of_dimensions() -> None:
    with pytest.raises(TypeCheckError, match="parameter 'data'"):
        centred_gram(torch.ones(3))


def test_dimensions_of_one_name_that_differ() -> None:
    with pytest.raises(TypeCheckError, match="parameter 'targets'"):
        minimum_norm(torch.ones(4, 2, dtype=torch.float64), torch.ones(3, 1, dtype=torch.float64))
    with pytest.raises(TypeCheckError, match="parameter 'right'"):
        distance(torch.ones(3), torch.ones(4))


def test_fields_of_a_dataclass() -> None:
    dual, residuals = torch.ones(3, 2, dtype=torch.float64), torch.ones(3, 1, dtype=torch.float64)
    with pytest.raises(TypeCheckError, match="parameter 'residuals'"):
        Descent(dual, residuals, num_steps=1, relative_gradient=0.0, converged=True)


def test_a_wrong_element_type() -> None:
    with pytest.raises(TypeCheckError, match="parameter 'images'"):
        Split(torch.ones(2, 1, 3, 3), torch.zeros(2, dtype=torch.int64))


def test_what_is_no_tensor() -> None:
    with pytest.raises(TypeCheckError, match="parameter 'seed'"):
        generator("0", "test")  # type: ignore[arg-type]
