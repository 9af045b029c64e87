"""Float32 products are float32, whatever the processor."""

import copy
import subprocess
import sys

import pytest
import torch
from torch import nn

from geomgen.training.precision import fast_float32, reuse_gradient_memory


def test_products_inside_are_accurate_to_float32_and_settings_come_back() -> None:
    threads, setting = torch.get_num_threads(), torch.get_float32_matmul_precision()
    left, right = torch.randn(64, 2048), torch.randn(2048, 512)
    with fast_float32(1):
        product = left @ right
        assert torch.get_num_threads() == 1
    exact = left.double() @ right.double()
    # Rounding of a sum of 2048 products: far below bfloat16's 2^-9.
    assert float((product.double() - exact).norm() / exact.norm()) < 2**-20
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == (threads, setting)


def test_numbers_too_small_for_full_speed_are_zero_in_every_thread_and_only_inside() -> None:
    program = (
        "import torch; from geomgen.training.precision import fast_float32, reuse_gradient_memory\n"
        "with fast_float32(2):\n"
        "    small = torch.full((10**7,), 1e-39); print(int((small * 1.5).count_nonzero()))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout == "0\n"
    with fast_float32(1):
        pass
    assert float(torch.tensor(1e-39) * 1.5) > 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_in_reused_memory_are_the_same_bits(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.training.precision.LARGE_NUMEL", 1)
    plain = nn.Sequential(nn.Linear(30, 20), nn.ReLU(), nn.Linear(20, 5, bias=False)).to(dtype)
    reused = copy.deepcopy(plain)
    reuse_gradient_memory(reused)
    places = []
    for seed in range(3):
        inputs = torch.randn(8, 30, generator=torch.Generator().manual_seed(seed)).to(dtype)
        expected = torch.autograd.grad(plain(inputs).square().sum(), list(plain.parameters()))
        found = torch.autograd.grad(reused(inputs).square().sum(), list(reused.parameters()))
        assert all(torch.equal(left, right) for left, right in zip(found, expected, strict=True))
        places.append([gradient.data_ptr() for gradient in found if gradient.dim() == 2])
    assert places[0] == places[1] == places[2]
