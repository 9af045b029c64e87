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
    mine = [torch.randn(5, 7, generator=source), torch.randn(7, generator=source)]
    theirs = [tensor.clone().requires_grad_() for tensor in mine]
    optimizer, peer = Optimizer(_config(name), mine), PEERS[name](theirs)
    for _ in range(5):
        gradients = [torch.randn(tensor.shape, generator=source) for tensor in mine]
        optimizer.step(gradients)
        for tensor, gradient in zip(theirs, gradients, strict=True):
            tensor.grad = gradient.clone()
        peer.step()
    for left, right in zip(mine, theirs, strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize("name", PEERS)
def test_blocks_of_a_working_copy_change_nothing_but_the_copy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.training.optimizer.BLOCK_NUMEL", 20)
    source = torch.Generator().manual_seed(1)
    whole, blocked = torch.randn(13, 7, generator=source), torch.zeros(13, 7)
    blocked.copy_(whole)
    copy = blocked.bfloat16()
    plain, working = Optimizer(_config(name), [whole]), Optimizer(_config(name), [blocked], [copy])
    for _ in range(4):
        gradient = torch.randn(13, 7, generator=source).bfloat16()
        plain.step([gradient.float()])
        working.step([gradient])
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
    plain = [torch.randn(13, 7, generator=source), torch.randn(30, generator=source)]
    measured = [tensor.clone() for tensor in plain]
    copies = [tensor.bfloat16() for tensor in measured] if copied else None
    one, other = Optimizer(_config(name), plain), Optimizer(_config(name), measured, copies)
    for _ in range(3):
        gradients = [torch.randn(tensor.shape, generator=source).bfloat16() for tensor in plain]
        before = torch.cat([tensor.flatten().double() for tensor in measured])
        one.step([gradient.float() for gradient in gradients])
        step, gradient = other.measured_step(gradients if copied else [gradient.float() for gradient in gradients])
        after = torch.cat([tensor.flatten().double() for tensor in measured])
        assert step == pytest.approx(float((after - before).norm()), rel=1e-6)
        assert gradient == pytest.approx(float(torch.cat([g.flatten().double() for g in gradients]).norm()), rel=1e-6)
    for left, right in zip(measured, plain, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-5, atol=1e-7)
