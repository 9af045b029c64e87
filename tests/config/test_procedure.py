"""A training procedure: what the architecture fills in, and options that have no meaning together."""

import pytest

from geomgen.config.procedure import ProcedureConfig
from geomgen.errors import UsageError


@pytest.mark.parametrize(
    ("arch", "width", "depth"), [("mlp", 512, 2), ("lenet5", 84, 4), ("transformer", 64, 4), ("mine:Net", None, None)]
)
def test_width_and_depth_are_the_architectures(arch: str, width: int | None, depth: int | None) -> None:
    filled = ProcedureConfig(arch=arch).filled()
    assert (filled.width, filled.depth) == (width, depth)
    assert ProcedureConfig(arch=arch, width=3).filled().width == 3


def test_a_run_records_the_machine() -> None:
    config = ProcedureConfig(device="auto").resolved(device="cpu", threads=2)
    assert (config.device, config.threads, config.width) == ("cpu", 2, 512)


def test_momentum_belongs_to_sgd() -> None:
    assert ProcedureConfig(optimizer="sgd", momentum=0.9).momentum == 0.9
    with pytest.raises(UsageError, match=r"--momentum 0\.9 does not apply to --optimizer adamw\. Choose"):
        ProcedureConfig(momentum=0.9)


@pytest.mark.parametrize(
    ("name", "value"), [("lr", 0.0), ("label_noise", 1.1), ("batch_size", 0), ("weight_decay", -1.0)]
)
def test_limits(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"--{name.replace('_', '-')} {value}"):
        ProcedureConfig.from_mapping({name: value}, "test")
