"""Options of random networks: what goes together, and what is said where it does not."""

from typing import Any

import pytest

from geomgen.config.random_networks import RandomNetworkConfig
from geomgen.errors import UsageError


def test_a_task_has_its_own_options() -> None:
    boolean, mnist = RandomNetworkConfig().filled(), RandomNetworkConfig(task="mnist", images=50).filled()
    assert (boolean.inputs, boolean.images, boolean.num_inputs) == (7, None, 128)
    assert (mnist.inputs, mnist.images, mnist.pool, mnist.num_inputs) == (None, 50, 4, 50)
    assert (boolean.input_dim, mnist.input_dim) == (7, 49)
    assert boolean.sigmas == (1.0, 0.0)


def test_layers_are_read_from_text() -> None:
    assert RandomNetworkConfig(hidden="40,20").sizes == (40, 20)
    assert RandomNetworkConfig(hidden="none").sizes == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"task": "mnist", "inputs": 5},
            "--inputs 5 does not apply to --task mnist. It is an option of --task boolean",
        ),
        ({"pool": 2}, "--pool 2 does not apply to --task boolean"),
        ({"hidden": "40;40"}, "--hidden '40;40' is not known. Choose one of: none, N"),
        ({"hidden": "0"}, "--hidden '0' is not known"),
        ({"hidden": "999999"}, "--hidden 999999 is too wide. Give each layer at most 100,000 units"),
        ({"bias": 2}, "--bias 2 is too large"),
        ({"bias": 0, "sigma_b": 0.1}, "--sigma-b 0.1 has no biases to apply to: --bias 0 leaves them out"),
        ({"init": "he", "sigma_w": 2.0}, "--sigma-w 2 does not apply to --init he"),
        ({"inputs": 30}, "--inputs 30 is too large. It must be at most 14"),
    ],
)
def test_what_does_not_go_together_says_so(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        RandomNetworkConfig(**options)
