"""Each private function of torch against the public ones that stand in for it."""

import time

import pytest
import torch
from torch import Tensor

from geomgen.numerics.kernels import KERNELS, Kernel, adam_step, cross_entropy_and_slope, relu_backward, sgd_step


def _randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_the_installed_torch_has_every_one_and_it_is_checked_in_no_time(kernel: Kernel[..., object]) -> None:
    fresh = Kernel(kernel.name, kernel.fast, kernel.plain, kernel.example)
    fresh.example(fresh.plain)
    began = time.perf_counter()
    assert fresh.chosen is fresh.fast
    assert time.perf_counter() - began < 0.05


@pytest.mark.parametrize("decoupled", [False, True])
def test_adam_agrees_over_many_steps(decoupled: bool) -> None:
    found = []
    for step in (adam_step.fast, adam_step.plain):
        vector, moments = _randn(1001), [torch.zeros(1001), torch.zeros(1001)]
        for count in range(1, 21):
            step(vector, _randn(1001, seed=count), moments, count, lr=1e-2, weight_decay=0.1, decoupled=decoupled)
        found.append(torch.stack([vector, *moments]))
    torch.testing.assert_close(*found, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd_agrees_over_many_steps(momentum: float) -> None:
    found = []
    for step in (sgd_step.fast, sgd_step.plain):
        vector, moments = _randn(1001), [torch.zeros(1001)] if momentum else []
        for count in range(1, 21):
            step(vector, _randn(1001, seed=count), moments, lr=1e-2, momentum=momentum, weight_decay=0.1)
        found.append(torch.stack([vector, *moments]))
    torch.testing.assert_close(*found, rtol=1e-5, atol=1e-6)


def test_derivatives_agree() -> None:
    logits, labels = _randn(64, 10), torch.arange(64) % 10
    torch.testing.assert_close(
        cross_entropy_and_slope.fast(logits, labels), cross_entropy_and_slope.plain(logits, labels)
    )
    gradient, output = _randn(64, 10, seed=1), logits.relu()
    assert torch.equal(relu_backward.fast(gradient, output), relu_backward.plain(gradient, output))


def _missing(_value: Tensor) -> Tensor:
    raise AttributeError


def _of_other_arguments() -> None:
    """Take nothing."""


@pytest.mark.parametrize("fast", [_missing, _of_other_arguments, lambda value: 2 * value, lambda value: value[None]])
def test_one_that_is_missing_or_gives_other_numbers_is_left_out_with_a_warning(fast) -> None:
    kernel = Kernel("made-up function", fast, torch.neg, lambda function: [function(torch.ones(2))])
    with pytest.warns(
        RuntimeWarning, match=r"geomgen does not know the made-up function of torch .* a slower implementation"
    ):
        assert kernel(torch.tensor(3.0)) == -3
    assert kernel(torch.tensor(2.0)) == -2
