"""What a network says of its layers: products, and the sizes of a pass."""

import subprocess
import sys

import torch
from torch import nn

from geomgen.models.layers import mixes_images, training_mode
from geomgen.models.lenet import lenet5
from geomgen.models.mlp import mlp
from geomgen.models.transformer import transformer


def test_products_are_counted_wherever_a_map_is_applied() -> None:
    assert mlp((1, 28, 28), 10, width=32).num_products((1, 28, 28)) == 784 * 32 + 32 * 32 + 32 * 10
    maps = 28 * 28 * 6 * 25, 10 * 10 * 16 * 6 * 25, 400 * 120, 120 * 84, 84 * 10
    assert lenet5((1, 28, 28), 10).num_products((1, 28, 28)) == sum(maps)


def test_positions_are_added_and_take_no_products() -> None:
    tokens, width = 49, 64
    block = tokens * (3 + 1 + 4 + 4) * width**2
    model = transformer((1, 28, 28), 10, width=width, depth=2, patch=4, heads=4)
    assert model.num_products((1, 28, 28)) == tokens * 16 * width + 2 * block + width * 10


def test_the_sizes_of_a_pass_are_found_without_torchs_compiler() -> None:
    code = (
        "import sys; from geomgen.config.train import TrainConfig; from geomgen.models.build import skeleton; "
        "skeleton(TrainConfig().resolved(device='cpu', threads=1), (1, 28, 28), 10).num_outputs((1, 28, 28)); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_training_mode_uses_the_statistics_of_the_batch_and_is_left_without_a_trace() -> None:
    model = mlp((1, 2, 2), 3, width=8, norm=nn.BatchNorm1d).eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    images = torch.randn(50, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    outputs: list[torch.Tensor] = []
    handle = model.get_submodule("hidden1.batchnorm1d").register_forward_hook(lambda *seen: outputs.append(seen[2]))
    with training_mode(model):
        model(images)
    handle.remove()
    torch.testing.assert_close(outputs[0].mean(0), torch.zeros(8), atol=1e-6, rtol=0)
    assert not any(module.training for module in model.modules())
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_batch_normalisation_mixes_images_and_layer_normalisation_does_not() -> None:
    assert mixes_images(mlp((1, 2, 2), 3, width=8, norm=nn.BatchNorm1d))
    assert mixes_images(nn.Sequential(nn.BatchNorm2d(3, track_running_stats=False)))
    assert not mixes_images(mlp((1, 2, 2), 3, width=8, norm=nn.LayerNorm))
