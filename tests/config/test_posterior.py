"""Options of ``geomgen posterior``."""

from typing import Any

import pytest

from geomgen.config.posterior import PosteriorConfig
from geomgen.errors import UsageError


def test_each_optimizer_has_its_own_learning_rate_and_batch() -> None:
    found = [PosteriorConfig(optimizer=name).filled() for name in ("sgd", "adam", "full-batch")]
    assert [(one.lr, one.batch_size) for one in found] == [(0.1, 8), (0.01, 8), (0.3, None)]
    assert PosteriorConfig(inputs=3, train_size=5).filled().batch_size == 5
    assert PosteriorConfig(networks=1).filled().samples == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"networks": 0}, "networks"),
        ({"batch_size": 4, "optimizer": "full-batch"}, "--batch-size 4 does not apply to --optimizer full-batch"),
        ({"sampler": "slice", "init": "default"}, "--sampler slice needs a normal prior, and --init default is not"),
        (
            {"optimal_points": 3, "init": "default"},
            "--optimal-points 3 needs a normal prior, and --init default is not",
        ),
        ({"infinite_width": True, "optimizer": "adam"}, "--infinite-width does not apply to --optimizer adam"),
        (
            {"sampler": "infinite-width", "activation": "tanh"},
            "--sampler infinite-width does not apply to --activation t",
        ),
        ({"sampler": "infinite-width", "hidden": "none"}, "--sampler infinite-width needs hidden layers"),
        ({"infinite_width": True, "activation": "tanh"}, "--infinite-width does not apply to --activation tanh"),
        ({"infinite_width": True, "hidden": "none"}, "--infinite-width needs hidden layers"),
        ({"inputs": 2, "train_size": 4}, "--train-size 4 leaves none of the 4 inputs to test on. Give at most 3"),
        ({"inputs": 3, "batch_size": 5}, "--batch-size 5 is more than the 4 known values"),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        PosteriorConfig(**options).filled()
