"""Least-squares solutions of least norm."""

import pytest
import torch

from geomgen.numerics.least_squares import minimum_norm


@pytest.mark.parametrize(("num_samples", "num_parameters"), [(9, 4), (4, 9), (5, 5)])
def test_it_is_the_pseudoinverse_times_the_targets(num_samples: int, num_parameters: int) -> None:
    source = torch.Generator().manual_seed(0)
    design = torch.randn(3, num_samples, num_parameters, generator=source, dtype=torch.float64)
    targets = torch.randn(3, num_samples, 2, generator=source, dtype=torch.float64)
    found = minimum_norm(design, targets)
    torch.testing.assert_close(found.solution, torch.linalg.pinv(design) @ targets, rtol=1e-9, atol=1e-9)
    assert found.rank.tolist() == [min(num_samples, num_parameters)] * 3


def test_a_direction_that_the_data_do_not_have_stays_zero_whatever_was_in_memory_before() -> None:
    design = torch.tensor([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
    batch = torch.stack([torch.eye(3, dtype=torch.float64), design])
    targets = torch.tensor([[2.0], [4.0], [3.0]], dtype=torch.float64)
    seen = set()
    for size in range(1, 20):
        torch.ones(size, dtype=torch.int32)
        found = minimum_norm(batch, targets.expand(2, 3, 1))
        assert found.rank.tolist() == [3, 2]
        seen.add(found.solution.numpy().tobytes())
    assert len(seen) == 1
    torch.testing.assert_close(found.solution[1, :, 0], torch.tensor([1.0, 1.0, 3.0], dtype=torch.float64))
