"""Step sizes of gradient descent beside flows."""

import pytest

from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.errors import UsageError


@pytest.mark.parametrize(("problem", "step"), [("product", 2e-3), ("network", 0.1)])
def test_each_problem_has_a_step_of_its_own(problem: str, step: float) -> None:
    assert ModifiedFlowConfig(problem=problem).filled().largest_step == step
    assert ModifiedFlowConfig(problem=problem, largest_step=0.5).filled().largest_step == 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"largest_step": 0.0}, "--largest-step 0.0 is too small. It must be above 0"),
        ({"halvings": 1}, "--halvings 1 is too small"),
        ({"halvings": 21}, "--halvings 21 is too large"),
        ({"seed": 1}, "--seed does not apply to --problem product. Leave it out: it is an option of --problem network"),
        ({"width": 9}, "--width does not apply to --problem product"),
        ({"samples": 9, "problem": "product"}, "--samples does not apply to --problem product"),
        ({"problem": "sum"}, "--problem 'sum' is not known. Choose one of: product, network"),
    ],
)
def test_limits(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ModifiedFlowConfig.from_mapping(options, "test")
