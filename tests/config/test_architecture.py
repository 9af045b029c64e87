"""Which options a network takes, and what is no network."""

import pytest

from geomgen.config.architecture import OWN, ArchitectureConfig
from geomgen.errors import UsageError


def test_every_network_of_ones_own_is_of_one_kind() -> None:
    assert [ArchitectureConfig(arch=arch).kind for arch in ("mlp", "lenet5", "my.networks:Net")] == [
        "mlp", "lenet5", OWN,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"arch": "lenet5", "layer_norm": True}, "--layer-norm does not apply to --arch lenet5. It is an option of"),
        ({"arch": "mlp", "heads": 2}, "--heads does not apply to --arch mlp. It is an option of --arch transformer"),
        ({"layer_norm": True, "batch_norm": True}, "--layer-norm and --batch-norm cannot both come before an act"),
        ({"init": "scaled:0"}, "--init scaled:0 has no valid scale. G must be above 0 and finite"),
        ({"init": "scaled:1e999"}, "has no valid scale"),
        ({"init": "scaled:wide"}, "--init 'scaled:wide' is not known"),
        ({"arch": "resnet"}, "--arch 'resnet' is not known"),
        ({"arch": "a:b:c"}, "--arch 'a:b:c' is not known"),
    ],
)  # fmt: skip
def test_what_is_no_network_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ArchitectureConfig.from_mapping(options, "test")


def test_an_option_may_be_given_as_its_run_records_it() -> None:
    assert ArchitectureConfig(arch="lenet5", depth=4).depth == 4
    assert ArchitectureConfig(arch="mlp", patch=7, heads=4) == ArchitectureConfig()
    assert ArchitectureConfig(init="scaled:.5").init == "scaled:.5"
