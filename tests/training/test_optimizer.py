"""The optimizer against torch's own, step for step."""

from collections.abc import Callable

import pytest
import torch

from geomgen.config.train import TrainConfig
from geomgen.training.optimizer import Optimizer

PEERS: dict[str, Callable[[list[torch.Tensor]], torch.optim.Optimizer]] = {
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.1, fused=True),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-2, weight_decay=0.1, fused=True),
    "sgd": lambda p: torch.optim.SGD(p, lr=1e-2, weight_decay=0.1, momentum=0.9, fused=True),
}


def _config(name: str) -> TrainConfig:
    return TrainConfig(optimizer=name, lr=1e-2, weight_decay=0.1, momentum=0.9 if name == "sgd" else 0.0)


@pytest.mark.parametrize("name", PEERS)
def test_moves_parameters_bit_for_bit_as_torch_does(name: str) -> None:
    source = torch.Generator().manual_seed(1)
    mine, gradient = torch.randn(42, generator=source), torch.empty(42)
    theirs = mine.clone().requires_grad_()
    optimizer, peer = Optimizer(_config(name), mine, gradient), PEERS[name]([theirs])
    for _ in range(5):
        gradient.normal_(generator=source)
        optimizer.step()
        theirs.grad = gradient.clone()
        peer.step()
    assert torch.equal(mine, theirs)


@pytest.mark.parametrize("name", PEERS)
def test_blocks_of_a_working_copy_change_nothing_but_the_copy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.training.optimizer.BLOCK_NUMEL", 20)
    source = torch.Generator().manual_seed(1)
    whole = torch.randn(91, generator=source)
    blocked, gradient = whole.clone(), torch.empty(91)
    copy, low = blocked.bfloat16(), torch.empty(91, dtype=torch.bfloat16)
    plain, working = Optimizer(_config(name), whole, gradient), Optimizer(_config(name), blocked, low, copy)
    for _ in range(4):
        low.copy_(torch.randn(91, generator=source))
        gradient.copy_(low)
        plain.step()
        working.step()
    # A kernel rounds the last few numbers of a block otherwise than those in its vector registers.
    torch.testing.assert_close(whole, blocked, rtol=1e-6, atol=0)
    assert torch.equal(copy, blocked.bfloat16())


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("copied", [False, True])
def test_a_measured_step_is_a_step_and_its_lengths_are_exact(
    name: str, copied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geomgen.training.optimizer.BLOCK_NUMEL", 20)
    source = torch.Generator().manual_seed(1)
    plain = torch.randn(121, generator=source)
    measured, gradient = plain.clone(), torch.empty(121)
    low = torch.empty(121, dtype=torch.bfloat16)
    one = Optimizer(_config(name), plain, gradient)
    other = Optimizer(_config(name), measured, *((low, measured.bfloat16()) if copied else (gradient,)))
    for _ in range(3):
        low.copy_(torch.randn(121, generator=source))
        gradient.copy_(low)
        before = measured.double()
        one.step()
        step, length = other.measured_step()
        assert step == pytest.approx(float((measured.double() - before).norm()), rel=1e-6)
        assert length == pytest.approx(float(gradient.double().norm()), rel=1e-6)
    torch.testing.assert_close(measured, plain, rtol=1e-5, atol=1e-7)
