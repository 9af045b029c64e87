"""What a network says of its layers: products, and the sizes of a pass."""

import subprocess
import sys

from geomgen.models.lenet import lenet5
from geomgen.models.mlp import mlp


def test_products_are_counted_wherever_a_map_is_applied() -> None:
    assert mlp((1, 28, 28), 10, width=32).num_products((1, 28, 28)) == 784 * 32 + 32 * 32 + 32 * 10
    maps = 28 * 28 * 6 * 25, 10 * 10 * 16 * 6 * 25, 400 * 120, 120 * 84, 84 * 10
    assert lenet5((1, 28, 28), 10).num_products((1, 28, 28)) == sum(maps)


def test_the_sizes_of_a_pass_are_found_without_torchs_compiler() -> None:
    code = (
        "import sys; from geomgen.config.train import TrainConfig; from geomgen.models.build import skeleton; "
        "skeleton(TrainConfig().resolved(device='cpu', threads=1), (1, 28, 28), 10).num_outputs((1, 28, 28)); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
