"""Which options a network takes, and what is no network."""

import pytest

from geomgen.config.architecture import OWN, ArchitectureConfig
from geomgen.config.base import to_arguments
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
        ({"arch": "lenet5", "residual": True}, "--residual does not apply to --arch lenet5. It is an option of"),
        ({"residual": True, "hidden": (9, 5)}, "--residual adds up layers of equal width; those of --hidden 9,5"),
        ({"depth_scaling": True}, "--depth-scaling has no residual connections to scale. Add --residual."),
        ({"layer_norm": True, "batch_norm": True}, "--layer-norm and --batch-norm cannot both come before an act"),
        ({"init": "scaled:0"}, "--init scaled:0 has no valid scale. G must be above 0 and finite"),
        ({"init": "scaled:1e999"}, "has no valid scale"),
        ({"init": "scaled:wide"}, "--init 'scaled:wide' is not known"),
        ({"arch": "lenet5", "hidden": "4,3"}, "--hidden does not apply to --arch lenet5. It is an option of --arch"),
        ({"arch": "my:Net", "hidden": [4, 3]}, "--hidden does not apply to --arch my:Net"),
        ({"arch": "transformer", "activation": "tanh"}, "--activation does not apply to --arch transformer"),
        ({"arch": "my:Net", "activation": "tanh"}, "--activation does not apply to --arch my:Net"),
        ({"arch": "my:Net", "bias": False}, "--no-bias does not apply to --arch my:Net"),
        ({"hidden": "40,20", "width": 40}, "--width 40 contradicts --hidden 40,20, whose width is 20. Leave out"),
        ({"hidden": "40,20", "depth": 3}, "--depth 3 contradicts --hidden 40,20, whose depth is 2. Leave out --depth"),
        ({"hidden": "40,0"}, "--hidden 0 is too small. It must be at least 1"),
        ({"hidden": ""}, "--hidden '' is not a list of whole numbers"),
        ({"activation": "selu"}, "--activation 'selu' is not known"),
        ({"sigma_w": 2.0}, "--sigma-w 2 does not apply to --init default. Choose --init normal"),
        ({"init": "he", "sigma_b": 0.0}, "--sigma-b 0 does not apply to --init he. Choose --init normal"),
        ({"init": "normal", "sigma_w": 0.0}, "--sigma-w 0.0 is too small. It must be above 0"),
        ({"init": "normal", "sigma_w": float("inf")}, "--sigma-w inf is not a finite number"),
        ({"init": "normal", "sigma_b": 0.1, "bias": False}, "--sigma-b 0.1 has no biases to apply to: --no-bias"),
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


def test_layers_of_equal_width_have_one_description() -> None:
    filled = ArchitectureConfig(hidden=(40, 40)).filled()
    assert (filled.hidden, filled.width, filled.depth) == (None, 40, 2)
    assert ArchitectureConfig(hidden=(512, 512)).fingerprint() == ArchitectureConfig().fingerprint()
    assert ArchitectureConfig(hidden=(64,)).filled() == ArchitectureConfig(width=64, depth=1).filled()


def test_a_run_records_its_last_width_and_its_depth_beside_layers_of_their_own_width() -> None:
    config = ArchitectureConfig.from_mapping({"hidden": "40,20,40"}, "test")
    filled = config.filled()
    assert (filled.hidden, filled.width, filled.depth) == ((40, 20, 40), 40, 3)
    again = ArchitectureConfig.from_mapping(filled.to_mapping(), "test")
    assert again == filled
    assert again.fingerprint() == config.fingerprint() != ArchitectureConfig(width=40, depth=3).fingerprint()
    assert to_arguments(filled) == ["--width=40", "--depth=3", "--hidden=40,20,40"]


def test_a_run_of_init_normal_records_its_standard_deviations() -> None:
    filled = ArchitectureConfig(init="normal", sigma_w=1.5).filled()
    assert (filled.sigma_w, filled.sigma_b) == (1.5, 0.0)
    assert ArchitectureConfig().filled().sigma_w is None
    assert ArchitectureConfig(init="normal").fingerprint() == ArchitectureConfig(init="normal", sigma_b=0).fingerprint()
