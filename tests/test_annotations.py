"""Annotations hold while tests run: a wrong shape, element type or argument of a computing function is refused."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from jaxtyping import TypeCheckError
from torch import Tensor, nn

from geomgen.data.dataset import Split
from geomgen.models.functional.flat import FlatLayout
from geomgen.models.functional.loss import cross_entropy
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import hessian
from geomgen.numerics.descent import Descent
from geomgen.numerics.gram import centred_gram
from geomgen.numerics.least_squares import minimum_norm
from geomgen.numerics.seeds import generator
from geomgen.training.trajectory import distance

ROOT = Path(__file__).parents[1] / "geomgen"


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
        Split(torch.ones(2, 1, 3, 3, dtype=torch.int64), torch.zeros(2, dtype=torch.int64))


def test_what_is_no_tensor() -> None:
    with pytest.raises(TypeCheckError, match="parameter 'seed'"):
        generator("0", "test")  # type: ignore[arg-type]


def test_a_size_that_an_object_knows() -> None:
    layout = FlatLayout.of(nn.Linear(2, 3))
    assert len(layout.views(torch.ones(4, 9))) == 2
    with pytest.raises(TypeCheckError, match="parameter 'vector'"):
        layout.views(torch.ones(4, 8))


def test_targets_are_labels_or_numbers_for_each_logit() -> None:
    logits = torch.ones(2, 3)
    for targets in (torch.ones(2), torch.zeros(3, dtype=torch.int64), torch.ones(2, 4)):
        with pytest.raises(TypeCheckError, match="parameter 'targets'"):
            cross_entropy(logits, targets)


def _linear() -> tuple[NetworkFunction, Tensor, Tensor, Tensor]:
    """Return a linear map, its parameters, and five samples with labels."""
    network = NetworkFunction(nn.Linear(4, 3))
    return network, network.parameters(), torch.ones(5, 4), torch.zeros(5, dtype=torch.int64)


def test_shapes_inside_of_vmap_are_those_of_one_item() -> None:
    network, theta, inputs, labels = _linear()
    assert network.losses(theta.expand(2, -1), inputs, labels).shape == (2, 5)
    with pytest.raises(TypeCheckError, match=r"(?s)NetworkFunction\.losses_of_chunk.*f32\[2,15\]"):
        network.losses(theta.expand(6, 2, -1), inputs, labels)


def test_samples_and_targets_are_as_many() -> None:
    network, theta, inputs, labels = _linear()
    with pytest.raises(TypeCheckError, match="parameter 'targets'"):
        hessian(network, theta, inputs, labels[:4])


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name.endswith("__")


def _annotations(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield what is written as a type in public functions, methods, fields and aliases, with where it stands."""
    for node in body:
        match node:
            case ast.ClassDef(name=name) if _is_public(name):
                yield from _annotations(node.body, f"{prefix}.{name}")
            case ast.FunctionDef(name=name) if _is_public(name):
                taken = [argument for argument in ast.walk(node.args) if isinstance(argument, ast.arg)]
                yield from ((f"{prefix}.{name}({one.arg})", one.annotation) for one in taken if one.annotation)
                yield from [(f"{prefix}.{name} ->", node.returns)] if node.returns else []
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if _is_public(name):
                yield f"{prefix}.{name}", annotation
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp() as alias) if _is_public(
                name
            ):
                yield f"{prefix}.{name}", alias


def _has_bare_tensor(annotation: ast.expr) -> bool:
    """Return whether a Tensor stands anywhere but before a shape, as in ``Float[Tensor, "n d"]``."""
    nodes = list(ast.walk(annotation))
    pairs = [node.slice.elts for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple)]
    shaped = [tensor for tensor, *rest in pairs if [type(getattr(one, "value", None)) for one in rest] == [str]]
    tensors = [node for node in nodes if "Tensor" in {getattr(node, "id", None), getattr(node, "attr", None)}]
    return any(tensor not in shaped for tensor in tensors)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ('Float[Tensor, "n d"]', False),
        ('dict[str, Shaped[torch.Tensor, "..."]] | None', False),
        ("torch.Tensor", True),
        ("tuple[Tensor, ...]", True),
        ('Callable[[Tensor], Float[Tensor, ""]]', True),
    ],
)
def test_a_bare_tensor_is_found(annotation: str, expected: bool) -> None:
    assert _has_bare_tensor(ast.parse(annotation, mode="eval").body) == expected


def test_no_public_tensor_is_without_its_shape(checked_rooms: tuple[str, ...]) -> None:
    modules = [path for room in checked_rooms for path in sorted((ROOT / room).rglob("*.py"))]
    found = [
        name
        for module in modules
        for name, annotation in _annotations(ast.parse(module.read_text(encoding="utf-8")).body, module.stem)
        if _has_bare_tensor(annotation)
    ]
    assert found == []
