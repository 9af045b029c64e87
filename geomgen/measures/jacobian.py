r"""The Jacobian of a network's logits: its rank tells the dimension of the set of parameters that fit all samples.

Where the Jacobian J (N d x k, of d logits of N samples by k parameters) has full row rank, the parameters that give the
same logits form a surface of dimension k - N d around these. J J^T is the empirical neural tangent kernel.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from geomgen.fields import column

BLOCK_BYTES = 2**29
BYTES = 8

OnBlock = Callable[[int, int], None]
"""Told how many pairs of blocks are done, of how many."""


@dataclass(frozen=True)
class JacobianRow:
    """The Jacobian at one state: a row of ``jacobian_rank.parquet``."""

    state: str = column("Parameters: initial, final, or a checkpoint's name.", key=True)
    num_samples: int = column("Training images, N.", key=True)
    outputs: int = column("Logits an image, d.")
    num_parameters: int = column("Parameters, k.")
    rank: int = column("Numerical rank of the Jacobian.")
    manifold_dim: int = column("Dimension of the set of parameters with the same logits: k minus rank.")
    manifold_dim_theory: int = column("k - N d, or 0.")
    optimal_fraction: float = column("manifold_dim / k: the fraction of directions that keep the logits.")
    largest_singular_value: float = column("Of the Jacobian, per unit of a parameter.")
    smallest_singular_value: float = column("The smallest of N d; one below the cut-off is rounding.")
    cut_off: float = column("Singular value up to which one counts as zero: sqrt(N d eps) of the largest.")


def jacobian_row(kernel: Tensor, state: str, num_samples: int, num_parameters: int) -> JacobianRow:
    """Return what the tangent kernel of a state says.

    Args:
        kernel: J J^T, ``(N d, N d)`` float64, lower triangle.
        state: Name of the parameters.
        num_samples: N.
        num_parameters: k.
    """
    values = torch.linalg.eigvalsh(kernel).clamp(min=0).sqrt()
    cut_off = float(values[-1]) * (len(kernel) * torch.finfo(kernel.dtype).eps) ** 0.5
    rank = int((values > cut_off).sum())
    return JacobianRow(
        state=state,
        num_samples=num_samples,
        outputs=len(kernel) // num_samples,
        num_parameters=num_parameters,
        rank=rank,
        manifold_dim=num_parameters - rank,
        manifold_dim_theory=max(0, num_parameters - len(kernel)),
        optimal_fraction=1 - rank / num_parameters,
        largest_singular_value=float(values[-1]),
        smallest_singular_value=float(values[0]),
        cut_off=cut_off,
    )


def tangent_kernel(model: nn.Module, inputs: Tensor, on_block: OnBlock) -> Tensor:
    """Return J J^T of the outputs of a network, ``(N d, N d)`` float64, lower triangle.

    In blocks of samples, two of which are held at a time; only the block's own Jacobian is computed anew for each pair.

    Args:
        model: In evaluation mode, float64.
        inputs: ``(N, ...)`` float64.
        on_block: Told of every pair of blocks that is done.
    """
    with torch.no_grad():
        outputs = model(inputs[:1]).shape[1]
    size = block_size(sum(parameter.numel() for parameter in model.parameters()), outputs)
    starts = range(0, len(inputs), size)
    total, done = len(starts) * (len(starts) + 1) // 2, 0
    kernel = torch.zeros(len(inputs) * outputs, len(inputs) * outputs, dtype=torch.float64)
    for first in starts:
        rows = jacobian(model, inputs[first : first + size])
        for second in range(0, first + 1, size):
            columns = rows if second == first else jacobian(model, inputs[second : second + size])
            top, left = first * outputs, second * outputs
            kernel[top : top + len(rows), left : left + len(columns)] = rows @ columns.T
            done += 1
            on_block(done, total)
    return kernel


def block_size(num_parameters: int, outputs: int) -> int:
    """Return how many samples a block of the Jacobian has."""
    return max(1, BLOCK_BYTES // (BYTES * num_parameters * outputs))


def jacobian(model: nn.Module, inputs: Tensor) -> Tensor:
    """Return the derivative of a network's outputs by its parameters, a row a sample and output, ``(N d, k)``."""
    return torch.stack(list(_gradients(model, inputs)))


def _gradients(model: nn.Module, inputs: Tensor) -> Iterator[Tensor]:
    parameters = list(model.parameters())
    for sample in inputs.split(1):
        for output in model(sample)[0]:
            gradients = torch.autograd.grad(output, parameters, retain_graph=True, materialize_grads=True)
            yield torch.cat([gradient.flatten() for gradient in gradients])
