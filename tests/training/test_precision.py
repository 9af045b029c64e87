"""Float32 products are float32, whatever the processor."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from geomgen.training.precision import affine, fast_float32


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


AVX512 = {"avx2", "avx512bw"}
BRANCHES = [
    ({"avx2"}, "highest", True),
    (AVX512, "medium", False),
    (AVX512 | {"avx512_bf16"}, "medium", False),
    (AVX512 | {"avx512_bf16", "amx_bf16"}, "highest", False),
]


def _recorded(function: Callable[..., torch.Tensor], form: str, used: list[str]) -> Callable[..., torch.Tensor]:
    def call(*terms: torch.Tensor) -> torch.Tensor:
        used.append(form)
        return function(*terms)

    return call


@pytest.mark.parametrize(("flags", "setting", "transposed"), BRANCHES)
def test_instruction_set_and_shape_alone_decide_how_products_are_computed(
    monkeypatch: pytest.MonkeyPatch, flags: set[str], setting: str, transposed: bool
) -> None:
    monkeypatch.setattr("geomgen.processor._flags", lambda: flags)
    monkeypatch.setattr("geomgen.training.precision._medium_is_float32", lambda: True)
    monkeypatch.setattr("geomgen.training.precision.MANY_WEIGHTS", 100)
    used: list[str] = []
    for module, function, form in ((torch, "addmm", "W X^T"), (nn.functional, "linear", "X W^T")):
        monkeypatch.setattr(module, function, _recorded(getattr(module, function), form, used))
    with fast_float32(1):
        assert torch.get_float32_matmul_precision() == setting
        for size, weight in ((64, torch.randn(10, 10)), (64, torch.randn(9, 11)), (31, torch.randn(10, 10))):
            affine(torch.randn(size, weight.shape[1]), weight, torch.randn(len(weight)))
    assert used == ["W X^T" if transposed else "X W^T", "X W^T", "X W^T"]


def test_products_that_round_are_not_used_whatever_the_instruction_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.processor._flags", lambda: AVX512)
    monkeypatch.setattr("geomgen.training.precision._medium_is_float32", lambda: False)
    with fast_float32(1):
        assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.parametrize("flags", [flags for flags, _, _ in BRANCHES])
@pytest.mark.parametrize("batch_size", [1, 32, 64, 129])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_form_of_an_affine_map_is_the_map(
    monkeypatch: pytest.MonkeyPatch, flags: set[str], batch_size: int, dtype: torch.dtype
) -> None:
    monkeypatch.setattr("geomgen.processor._flags", lambda: flags)
    monkeypatch.setattr("geomgen.training.precision.MANY_WEIGHTS", 100)
    inputs, weight, bias = torch.randn(batch_size, 30), torch.randn(20, 30), torch.randn(20)
    found = affine(inputs.to(dtype), weight.to(dtype), bias.to(dtype))
    exact = inputs.to(dtype).double() @ weight.to(dtype).double().T + bias.to(dtype).double()
    assert (found.dtype, found.is_contiguous()) == (dtype, True)
    bound = 40 * torch.finfo(dtype).eps * (inputs.abs() @ weight.abs().T + bias.abs()).double()
    assert bool(((found.double() - exact).abs() <= bound).all())


def test_numbers_too_small_for_full_speed_are_zero_in_every_thread() -> None:
    program = (
        "import torch; from geomgen.training.precision import fast_float32\n"
        "with fast_float32(2):\n"
        "    small = torch.full((10**7,), 1e-39); print(int((small * 1.5).count_nonzero()))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout == "0\n"


@pytest.mark.parametrize("before", [False, True])
def test_numbers_too_small_for_full_speed_are_treated_afterwards_as_they_were_before(before: bool) -> None:
    small = torch.tensor(1e-20)
    torch.set_flush_denormal(before)
    try:
        with fast_float32(1):
            assert float(small * small) == 0
        assert (float(small * small) == 0) == before
    finally:
        torch.set_flush_denormal(False)
